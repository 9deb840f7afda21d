/*
 * Client certificates: whom the server lets in, and its verdict on who came.
 *
 * A certificate is verified within the handshake, for use by a TLS client,
 * against authorities that were read before: a session needs no file for it.
 */
#ifndef PINGTLS_CLIENT_AUTH_H
#define PINGTLS_CLIENT_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

struct client_auth;

struct client_auth_options {
	const char *ca_file; /* PEM; NULL: no certificate is asked for */
	bool optional;       /* a client may have none, but not a wrong one */
};

/* Room for a client's name. */
#define CLIENT_AUTH_NAME_MAX 256

/*
 * Gives `credentials` the authorities, `count` certificates in DER, which ask
 * for a certificate from then on.  Where the options name no file none is asked
 * for: NULL.  Returns 0 or a negative GnuTLS code.
 */
int client_auth_new(const struct client_auth_options *,
    const gnutls_datum_t *authorities, size_t count,
    gnutls_certificate_credentials_t credentials, struct client_auth **);

/* NULL is allowed. */
void client_auth_free(struct client_auth *);

/* Has a server session ask.  NULL is allowed and does nothing. */
void client_auth_ask(struct client_auth *, gnutls_session_t);

/* After a failed handshake: what is wrong with the certificate, or "".  NULL
 * is allowed. */
const char *client_auth_why(const struct client_auth *);

/*
 * After a good handshake: the verified subject, a distinguished name (RFC 4514)
 * or, where it has none, its alternative names; printable.  "" if there was no
 * certificate.
 */
void client_auth_name(gnutls_session_t, char *text, size_t size);

/*
 * For stream_set_alert(): the alert that fits a handshake which a client's
 * certificate, or the lack of one, made fail with `error`; client_auth_why()
 * then says which it was.  -1: another cause.
 */
int client_auth_alert(gnutls_session_t, int error);

#endif
