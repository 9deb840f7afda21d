/*
 * Both ends of a handshake in one thread, turn by turn.
 */
#include "unit_handshake.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "unit_files.h"

gnutls_certificate_credentials_t
unit_server_credentials(const char *name)
{
	gnutls_certificate_credentials_t credentials;
	char certificate[64], key[64];

	snprintf(certificate, sizeof(certificate), "%s-cert.pem", name);
	snprintf(key, sizeof(key), "%s-key.pem", name);
	ck_assert_int_eq(
	    gnutls_certificate_allocate_credentials(&credentials), 0);
	ck_assert_int_ge(
	    gnutls_certificate_set_x509_key_file(credentials,
		unit_file(certificate), unit_file(key), GNUTLS_X509_FMT_PEM),
	    0);
	return credentials;
}

gnutls_session_t
unit_server_session(
    gnutls_certificate_credentials_t credentials, const char *priority)
{
	gnutls_session_t session;

	ck_assert_int_eq(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK |
						   GNUTLS_NO_SIGNAL),
	    0);
	ck_assert_int_eq(
	    gnutls_priority_set_direct(session, priority, NULL), 0);
	ck_assert_int_eq(gnutls_credentials_set(
			     session, GNUTLS_CRD_CERTIFICATE, credentials),
	    0);
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return session;
}

/* One turn of an end that has not failed and is not done. */
static int
take_turn(gnutls_session_t session, int before)
{
	if (before != GNUTLS_E_AGAIN)
		return before;
	do
		before = gnutls_handshake(session);
	while (before < 0 && !gnutls_error_is_fatal(before) &&
	       before != GNUTLS_E_AGAIN);
	return before;
}

int
unit_handshake(gnutls_session_t client, gnutls_session_t server)
{
	int fds[2], ours = GNUTLS_E_AGAIN, theirs = GNUTLS_E_AGAIN;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	gnutls_transport_set_int(client, fds[0]);
	gnutls_transport_set_int(server, fds[1]);
	while (ours == GNUTLS_E_AGAIN || theirs == GNUTLS_E_AGAIN) {
		ours = take_turn(client, ours);
		if (ours < 0 && ours != GNUTLS_E_AGAIN)
			break;
		theirs = take_turn(server, theirs);
		if (theirs < 0 && theirs != GNUTLS_E_AGAIN)
			break;
	}
	close(fds[0]);
	close(fds[1]);
	return ours == 0 || ours == GNUTLS_E_AGAIN ? theirs : ours;
}
