/*
 * OCSP responses: what a certificate authority says of a certificate (RFC
 * 6960), stapled to the handshake by the server, and read there by the client.
 */
#ifndef PINGTLS_OCSP_H
#define PINGTLS_OCSP_H

#include <stddef.h>

#include <gnutls/gnutls.h>

/* Room for the texts that these functions write. */
#define OCSP_TEXT_MAX 128

/*
 * Whether a response, DER or PEM, is one to staple now to a chain that begins
 * with the certificate `subject`, followed by `issuer` (both DER; the issuer
 * may be NULL: only the client knows it).  One that says nothing good of the
 * subject is of no use to a client.
 *
 * Returns 0 with the response in `der`, for gnutls_free; or -1 with the cause
 * in `why` (OCSP_TEXT_MAX octets).
 */
int ocsp_check(const gnutls_datum_t *response, const gnutls_datum_t *subject,
    const gnutls_datum_t *issuer, gnutls_datum_t *der, char *why);

/*
 * Says what was stapled to a client session's handshake, once that has verified
 * the server's certificate.
 */
void ocsp_describe(gnutls_session_t, char *text);

#endif
