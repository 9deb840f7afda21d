/*
 * What the tests of the keyholder share: one that is started, and the public
 * part of its key.
 */
#ifndef PINGTLS_UNIT_KEYHOLDER_H
#define PINGTLS_UNIT_KEYHOLDER_H

#include <stdbool.h>

#include <gnutls/abstract.h>

#include "keyholder/keyholder.h"

/* Kinds of key, as make-certs names their files. */
extern const char *const unit_key_names[];
#define UNIT_KEYS 4

/*
 * Starts a keyholder for the keys unit_key_names, which must be there; it is
 * not sandboxed, so that it runs under sanitizers and valgrind.
 */
struct keyholder *unit_keyholder_start(bool wait);

/* The public key of the certificate NAME-cert.pem. */
gnutls_pubkey_t unit_public_key(const char *name);

/* A private key that asks for key `index`. */
gnutls_privkey_t unit_private_key(struct keyholder *, size_t index);

/* Whether key `index` signs, and its certificate verifies it. */
bool unit_signs(struct keyholder *, size_t index, gnutls_sign_algorithm_t);

/* Lets the keyholder go and waits for its end; returns its wait(2) status. */
int unit_keyholder_end(struct keyholder *);

#endif
