/*
 * What the keyholder signs: only what a handshake of ours needs.
 */
#ifndef PINGTLS_SIGNING_H
#define PINGTLS_SIGNING_H

#include <stdbool.h>

#include <gnutls/abstract.h>

#include "keyholder/keyholder_wire.h"

/*
 * Whether a request is for a signature by this key in a TLS 1.2 or 1.3
 * handshake of a server with this policy: by a scheme of the policy, and of
 *
 * - a hash exactly as long as the scheme's; SHA-1 and older are none;
 * - for RSA with PKCS #1 v1.5, which GnuTLS asks for raw, a DigestInfo of such
 *   a hash (RFC 8017, 9.2);
 * - for EdDSA, which signs the data itself, what a CertificateVerify of TLS 1.3
 *   (RFC 8446, 4.4.3) or a ServerKeyExchange of TLS 1.2 (RFC 8422, 5.4) has.
 *
 * Whose hash it is nobody can tell from the hash.
 */
bool signing_allowed(const struct keyholder_request *, gnutls_privkey_t key,
    gnutls_priority_t policy);

#endif
