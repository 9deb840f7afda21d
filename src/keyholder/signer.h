/*
 * The session's side of the keyholder: GnuTLS private keys whose signatures are
 * requested over the session's channel.
 */
#ifndef PINGTLS_SIGNER_H
#define PINGTLS_SIGNER_H

#include <stddef.h>

#include <gnutls/abstract.h>

#include "base/deadline.h"

struct signer;

/* A signer without a channel, whose signatures fail.  Returns NULL with errno.
 */
struct signer *signer_new(void);

/* NULL is allowed.  The channel stays open. */
void signer_free(struct signer *);

/*
 * Makes a private key that stands for key `index` of the keyholder, with the
 * public key `public`.  The signer must outlive it.  Returns 0 or a negative
 * GnuTLS code.
 */
int signer_import(struct signer *, size_t index, gnutls_pubkey_t public,
    gnutls_privkey_t *key);

/*
 * Sets the channel from keyholder_open_channel(), which remains the caller's
 * and is good for one signature; -1: none.
 */
void signer_set_channel(struct signer *, int channel);

/*
 * From now on `keys`, which stay the caller's, sign in this process, as the
 * keyholder would.
 */
struct keys;
void signer_set_keys(struct signer *, struct keys *keys);

/*
 * Makes a keyholder that was started without waiting read its keys now, since
 * it will soon be asked to sign.  A keyholder that has read them would close
 * the channel.
 */
void signer_prepare(const struct signer *);

/* Sets the deadline of signatures; initially there is none. */
void signer_set_deadline(struct signer *, deadline);

/* The reason why the last signature failed, or "". */
const char *signer_why(const struct signer *);

#endif
