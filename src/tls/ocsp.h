/*
 * OCSP responses: the revocation status of a certificate (RFC 6960), stapled to
 * the handshake by the server and reported by the client.
 */
#ifndef PINGTLS_OCSP_H
#define PINGTLS_OCSP_H

#include <gnutls/gnutls.h>

/* The size of the texts that these functions write. */
#define OCSP_TEXT_MAX 128

/*
 * Checks that a response (DER or PEM) can be stapled now to a chain that begins
 * with `subject` and continues with `issuer` (DER; NULL if the chain has no
 * issuer).  It must be current, for the subject, and say that it is good: any
 * other would only make clients fail.
 *
 * Returns 0 with the response in `der`, for gnutls_free(); or -1 with the
 * reason in `why` (OCSP_TEXT_MAX octets).
 */
int ocsp_check(const gnutls_datum_t *response, const gnutls_datum_t *subject,
    const gnutls_datum_t *issuer, gnutls_datum_t *der, char *why);

/*
 * Describes the response that was stapled to a client session's handshake.  The
 * server's certificate must have been verified.
 */
void ocsp_describe(gnutls_session_t, char *text);

#endif
