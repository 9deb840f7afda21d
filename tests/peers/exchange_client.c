/*
 * Has the exchange with a service on the loopback interface, the handshake and
 * the farewell, and says in a line what came of it: "ok", "ok, not offered", or
 * the reason and the message.  It verifies nothing.
 *
 * usage: exchange_client SERVICE PORT MS, with the time for each reply.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "services/exchange.h"

#define ADDRESS "127.0.0.1"
#define LINGER_MS 100

static int
connect_to(in_port_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		perror("exchange_client");
		exit(2);
	}
	return fd;
}

static gnutls_session_t
new_session(void)
{
	/* Kept until the end: the session refers to them. */
	static gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;

	if (gnutls_certificate_allocate_credentials(&credentials) != 0 ||
	    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK) != 0 ||
	    gnutls_set_default_priority(session) != 0 ||
	    gnutls_credentials_set(
		session, GNUTLS_CRD_CERTIFICATE, credentials) != 0)
		exit(2);
	return session;
}

/* Upgrades and leaves.  Returns whether all went well; else says what did not.
 */
static bool
converse(struct exchange *e)
{
	int error;

	if (exchange_upgrade(e) == 0) {
		stream_set_deadline(e->stream, deadline_in(e->step_ms));
		error = stream_upgrade(e->stream, new_session());
		if (error != 0) {
			printf("%s: %s\n",
			    reason_token(error == STREAM_CLEARTEXT
					     ? REASON_CLEAR_TEXT_AFTER_STARTTLS
					 : error == STREAM_TIMEOUT
					     ? REASON_TIMEOUT
					     : REASON_HANDSHAKE),
			    stream_strerror(e->stream, error));
			return false;
		}
		if (exchange_farewell(e) == 0)
			return true;
	}
	printf("%s: %s\n", reason_token(e->reason), e->message);
	return false;
}

int
main(int argc, char *argv[])
{
	static struct exchange e;
	int64_t ms;
	bool well;

	if (argc != 4 || (e.service = service_find(argv[1])) == NULL)
		return 2;
	ms = strtol(argv[3], NULL, 10);
	e.stream = stream_new(connect_to((in_port_t)strtol(argv[2], NULL, 10)),
	    EXCHANGE_LINE_MAX);
	if (e.stream == NULL)
		return 2;
	e.address = ADDRESS;
	e.domain = "localhost";
	e.greeting_ms = e.step_ms = ms;
	e.end = DEADLINE_NEVER;
	well = converse(&e);
	if (well)
		puts(e.offered == EXCHANGE_NOT_OFFERED ? "ok, not offered"
						       : "ok");
	stream_close(e.stream, LINGER_MS);
	stream_free(e.stream);
	return well ? 0 : 1;
}
