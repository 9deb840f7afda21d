/*
 * The bench's own client.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PING "PING\n"
#define PONG "PONG\n"
#define LENGTH (sizeof(PING) - 1)

int
peer_tls_init(struct peer_tls *t, const char *priority)
{
	int ret = gnutls_priority_init(&t->priority, priority, NULL);

	if (ret < 0)
		return ret;
	ret = gnutls_certificate_allocate_credentials(&t->trust);
	if (ret < 0)
		gnutls_priority_deinit(t->priority);
	return ret;
}

void
peer_tls_deinit(struct peer_tls *t)
{
	gnutls_certificate_free_credentials(t->trust);
	gnutls_priority_deinit(t->priority);
}

int
peer_address(const char *text, struct sockaddr_in *address)
{
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN], *end;
	unsigned long port;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		return -1;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > UINT16_MAX)
		return -1;
	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &address->sin_addr) == 1 ? 0 : -1;
}

__attribute__((format(printf, 2, 3))) static int
fail(struct peer *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(p->failed, sizeof(p->failed), format, arguments);
	va_end(arguments);
	return -1;
}

int
peer_take(struct peer *p, int fd)
{
	struct timeval wait = {.tv_sec = PEER_TIMEOUT};

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ==
		-1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == -1)
		return fail(p, "socket: %s", strerror(errno));
	return 0;
}

int
peer_connect(
    struct peer *p, const struct sockaddr_in *to, const struct in_addr *from)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (peer_take(p, fd) == -1)
		return -1;
	if (from != NULL) {
		/* Else the kernel wants a port that no destination uses. */
		setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		source.sin_addr = *from;
		if (bind(fd, (struct sockaddr *)&source, sizeof(source)) == -1)
			return fail(p, "bind: %s", strerror(errno));
	}
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		return fail(p, "connect: %s", strerror(errno));
	return 0;
}

static int
send_all(struct peer *p, const char *data, size_t size)
{
	ssize_t n;

	while (size > 0) {
		if (p->tls != NULL) {
			n = gnutls_record_send(p->tls, data, size);
			if (n < 0)
				return fail(p, "send over TLS: %s",
				    gnutls_strerror((int)n));
		} else {
			n = send(p->fd, data, size, MSG_NOSIGNAL);
			if (n == -1)
				return fail(p, "send: %s", strerror(errno));
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Returns what came, 0 at the end, or -1 with `failed`. */
static ssize_t
receive(struct peer *p, char *data, size_t size)
{
	time_t began = time(NULL);
	ssize_t n;

	if (p->tls == NULL) {
		n = recv(p->fd, data, size, 0);
		if (n == -1)
			fail(p, "receive: %s", strerror(errno));
		return n;
	}
	/* A session ticket makes the call return early (gnutls_record_recv(3)),
	 * as the socket's timeout does. */
	do
		n = gnutls_record_recv(p->tls, data, size);
	while (n == GNUTLS_E_AGAIN && time(NULL) - began < PEER_TIMEOUT);
	if (n < 0)
		return fail(p, "receive over TLS: %s", gnutls_strerror((int)n));
	return n;
}

int
peer_say(struct peer *p, const char *line)
{
	return send_all(p, line, strlen(line));
}

static int
read_pongs(struct peer *p, size_t count)
{
	char reply[PEER_PINGS_MAX * LENGTH];
	size_t had = 0;

	while (had < count * LENGTH) {
		ssize_t n = receive(p, reply, count * LENGTH - had);

		if (n == -1)
			return -1;
		if (n == 0)
			return fail(p, "the server ended the connection");
		for (ssize_t i = 0; i < n; i++, had++)
			if (reply[i] != PONG[had % LENGTH])
				return fail(p, "a reply that is no PONG");
	}
	return 0;
}

int
peer_ping(struct peer *p, size_t count, size_t per_write)
{
	char pings[PEER_PINGS_MAX * LENGTH];

	for (size_t i = 0; i < per_write; i++)
		memcpy(pings + i * LENGTH, PING, LENGTH);
	for (size_t sent = 0; sent < count; sent += per_write) {
		size_t now =
		    count - sent < per_write ? count - sent : per_write;

		if (send_all(p, pings, now * LENGTH) == -1)
			return -1;
	}
	return read_pongs(p, count);
}

int
peer_handshake(
    struct peer *p, const struct peer_tls *t, const gnutls_datum_t *ticket)
{
	gnutls_session_t tls;
	int ret = gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);

	if (ret < 0)
		return fail(p, "TLS: %s", gnutls_strerror(ret));
	p->tls = tls;
	ret = gnutls_priority_set(tls, t->priority);
	if (ret >= 0)
		ret = gnutls_credentials_set(
		    tls, GNUTLS_CRD_CERTIFICATE, t->trust);
	if (ret >= 0 && ticket != NULL && ticket->size > 0)
		ret = gnutls_session_set_data(tls, ticket->data, ticket->size);
	if (ret >= 0) {
		gnutls_transport_set_int(tls, p->fd);
		do
			ret = gnutls_handshake(tls);
		while (ret == GNUTLS_E_INTERRUPTED);
	}
	return ret < 0 ? fail(p, "handshake: %s", gnutls_strerror(ret)) : 0;
}

int
peer_wait_end(struct peer *p)
{
	char octet;
	ssize_t n = receive(p, &octet, 1);

	if (n > 0)
		return fail(p, "octets where the end had to be");
	return (int)n;
}

void
peer_close(struct peer *p)
{
	if (p->tls != NULL)
		gnutls_deinit(p->tls);
	if (p->fd != -1)
		close(p->fd);
}
