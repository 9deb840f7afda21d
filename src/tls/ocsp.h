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
 * Has `credentials` staple the response in `file`, DER or PEM, to the chain of
 * this index, from now until the response's end.  One that says nothing good of
 * the chain's first certificate is of no use to a client and is refused.
 * Returns 0, or -1 with the cause in `why`.
 */
int ocsp_staple(gnutls_certificate_credentials_t credentials,
    unsigned int index, const char *file, char *why);

/*
 * Says what was stapled to a client session's handshake, once that has verified
 * the server's certificate.
 */
void ocsp_describe(gnutls_session_t, char *text);

#endif
