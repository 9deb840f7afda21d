/*
 * What the keyholder may sign: only what a handshake of the server needs.
 */
#ifndef PINGTLS_SIGNING_H
#define PINGTLS_SIGNING_H

#include <stdbool.h>

#include <gnutls/abstract.h>

#include "keyholder/keyholder_wire.h"

/*
 * True if a request is for a signature that a server with this policy needs in
 * a TLS 1.2 or 1.3 handshake: with a scheme of the policy that fits the key,
 * over
 *
 * - a hash of exactly the scheme's length, not SHA-1 or older;
 * - for RSA with PKCS #1 v1.5, where GnuTLS signs raw data, a DigestInfo of
 * such a hash (RFC 8017, 9.2);
 * - for EdDSA, which signs the message itself, the content of a
 *   CertificateVerify of TLS 1.3 (RFC 8446, 4.4.3) or a ServerKeyExchange of
 * TLS 1.2 (RFC 8422, 5.4).
 *
 * A hash does not show what was hashed, so that is not checked.
 */
bool signing_allowed(const struct keyholder_request *, gnutls_privkey_t key,
    gnutls_priority_t policy);

#endif
