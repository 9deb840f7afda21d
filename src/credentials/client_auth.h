/*
 * Client authentication by certificate.
 *
 * The certificate is verified within the handshake, for use by a TLS client,
 * against authorities in memory, so that a session needs no files.
 */
#ifndef PINGTLS_CLIENT_AUTH_H
#define PINGTLS_CLIENT_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

struct client_auth;

struct client_auth_options {
	const char *ca_file; /* PEM; NULL: no certificate is requested */
	bool optional; /* a client may have none, but not an invalid one */
};

/* The size of a client's name. */
#define CLIENT_AUTH_NAME_MAX 256

/*
 * Sets the authorities, `count` certificates in DER, in `credentials`.  The
 * object is NULL if the options name no file.  Returns 0 or a negative GnuTLS
 * code.
 */
int client_auth_new(const struct client_auth_options *,
    const gnutls_datum_t *authorities, size_t count,
    gnutls_certificate_credentials_t credentials, struct client_auth **);

/* NULL is allowed. */
void client_auth_free(struct client_auth *);

/* Makes a server session request a certificate, unless the object is NULL. */
void client_auth_ask(struct client_auth *, gnutls_session_t);

/* After a failed handshake: what is wrong with the client's certificate, or "".
 * NULL is allowed. */
const char *client_auth_why(const struct client_auth *);

/*
 * After a handshake: the verified client's distinguished name (RFC 4514) or, if
 * that is empty, its alternative names, made printable.  "" if it sent no
 * certificate.
 */
void client_auth_name(gnutls_session_t, char *text, size_t size);

/*
 * For stream_set_alert(): the alert for a handshake that failed with `error`
 * because of the client's certificate, or for lack of one.  Returns -1 if the
 * cause is another.
 */
int client_auth_alert(gnutls_session_t, int error);

#endif
