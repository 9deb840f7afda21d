/*
 * A session's way to the keyholder: private keys whose signature is a request
 * over the session's channel.
 */
#ifndef PINGTLS_SIGNER_H
#define PINGTLS_SIGNER_H

#include <stddef.h>

#include <gnutls/abstract.h>

#include "base/deadline.h"

struct signer;

/* One without a channel: to sign fails.  Returns NULL with errno. */
struct signer *signer_new(void);

/* NULL is allowed.  The channel stays open. */
void signer_free(struct signer *);

/*
 * Makes a private key that asks for key `index` of the keyholder, whose public
 * part is `public`.  The signer must outlive it.  Returns 0 or a negative
 * GnuTLS code.
 */
int signer_import(struct signer *, size_t index, gnutls_pubkey_t public,
    gnutls_privkey_t *key);

/*
 * From now on requests go over `channel`, which keyholder_open_channel() made
 * and which stays the caller's; -1: there is none.  It is good for one
 * signature.
 */
void signer_set_channel(struct signer *, int channel);

/*
 * From now on `keys`, which stay the caller's, sign in this process, as the
 * keyholder would.
 */
struct keys;
void signer_set_keys(struct signer *, struct keys *keys);

/*
 * Has a keyholder that has not read its keys read them now, as it will soon be
 * asked to sign.  Not for one whose start waited for its keys: it takes that
 * for an attack.
 */
void signer_prepare(const struct signer *);

/* When a signature must have come; at first there is no deadline. */
void signer_set_deadline(struct signer *, deadline);

/* What went wrong with the last signature, or "". */
const char *signer_why(const struct signer *);

#endif
