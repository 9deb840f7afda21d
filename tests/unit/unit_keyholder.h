/*
 * What the tests of the keyholder share: one that is started, and the public
 * part of its key.
 */
#ifndef PINGTLS_UNIT_KEYHOLDER_H
#define PINGTLS_UNIT_KEYHOLDER_H

#include <stdbool.h>

#include <gnutls/abstract.h>

#include "keyholder/keyholder.h"
#include "keyholder/signer.h"

/* Kinds of key, as make-certs names their files. */
extern const char *const unit_key_names[];
#define UNIT_KEYS 4

/* The TLS policy of a program without options. */
gnutls_priority_t unit_policy(void);

/*
 * Starts a keyholder for the keys unit_key_names, which must be there, and has
 * it read them; it is not sandboxed, so that it runs under sanitizers and
 * valgrind.
 */
struct keyholder *unit_keyholder_start(void);

/* The public key of the certificate NAME-cert.pem. */
gnutls_pubkey_t unit_public_key(const char *name);

/* What a CertificateVerify of TLS 1.3 signs (RFC 8446, 4.4.3). */
extern const gnutls_datum_t unit_to_sign;

/* What signs in unit_signs(). */
struct signer *unit_signer(void);

/* Whether key `index` signs over a channel of its own, and its certificate
 * verifies it. */
bool unit_signs(
    const struct keyholder *, size_t index, gnutls_sign_algorithm_t);

/* Lets the keyholder go and waits for its end; returns its wait(2) status. */
int unit_keyholder_end(struct keyholder *);

#endif
