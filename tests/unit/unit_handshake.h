/*
 * Both ends of a handshake in one thread, turn by turn.
 */
#ifndef PINGTLS_UNIT_HANDSHAKE_H
#define PINGTLS_UNIT_HANDSHAKE_H

#include <gnutls/gnutls.h>

/* Credentials of a server with the pair NAME of make-certs. */
gnutls_certificate_credentials_t unit_server_credentials(const char *name);

/* A server's session with them, which asks for a certificate. */
gnutls_session_t unit_server_session(
    gnutls_certificate_credentials_t, const char *priority);

/*
 * Lets the two sessions talk until both are done or one has failed.  Returns
 * the client's GnuTLS code, or the server's if it is the server that failed.
 */
int unit_handshake(gnutls_session_t client, gnutls_session_t server);

#endif
