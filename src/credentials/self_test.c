#include "credentials/self_test.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/policy.h"

/* The maximum number of turns; TLS 1.3 takes two, TLS 1.2 three. */
#define TURNS 16

/* Neither end blocks, so they take turns until both have finished. */
static int
shake_hands(gnutls_session_t server, gnutls_session_t client)
{
	gnutls_session_t ends[] = {client, server};
	bool done[2] = {false, false};

	for (int turn = 0; turn < 2 * TURNS; turn++) {
		int i = turn % 2, ret;

		if (done[i])
			continue;
		ret = gnutls_handshake(ends[i]);
		done[i] = ret == 0;
		if (done[0] && done[1])
			return 0;
		if (ret < 0 && gnutls_error_is_fatal(ret))
			return ret;
	}
	return GNUTLS_E_TIMEDOUT;
}

/* Sends a record from one end to the other. */
static int
exchange(gnutls_session_t from, gnutls_session_t to)
{
	static const char sent[] = "PING\n";
	char received[sizeof(sent)];
	ssize_t n = gnutls_record_send(from, sent, strlen(sent));

	/* Session tickets may come first. */
	for (int i = 0; i < TURNS && n >= 0; i++) {
		n = gnutls_record_recv(to, received, sizeof(received));
		if (n >= 0)
			return 0;
		if (n == GNUTLS_E_AGAIN)
			n = 0;
	}
	return n < 0 ? (int)n : GNUTLS_E_TIMEDOUT;
}

static int
play(gnutls_session_t server, gnutls_session_t client)
{
	int ret = shake_hands(server, client);

	if (ret == 0)
		ret = exchange(client, server);
	if (ret == 0)
		ret = exchange(server, client);
	if (ret == 0)
		ret = gnutls_bye(server, GNUTLS_SHUT_WR);
	return ret;
}

int
self_test_run(gnutls_session_t server, gnutls_priority_t policy)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t client;
	int pair[2], ret;

	ret = gnutls_certificate_allocate_credentials(&credentials);
	if (ret < 0)
		return ret;
	/* The client takes any certificate: it is our own. */
	ret = policy_session(&client, GNUTLS_CLIENT, policy, credentials);
	if (ret < 0)
		goto out;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		pair) == -1) {
		ret = GNUTLS_E_PUSH_ERROR;
	} else {
		gnutls_transport_set_int(server, pair[0]);
		gnutls_transport_set_int(client, pair[1]);
		ret = play(server, client);
		close(pair[0]);
		close(pair[1]);
	}
	gnutls_deinit(client);
out:
	gnutls_certificate_free_credentials(credentials);
	return ret;
}
