/*
 * The private keys, in the one process that ever holds them.
 */
#ifndef PINGTLS_KEYS_H
#define PINGTLS_KEYS_H

#include <stdbool.h>

#include "keyholder/keyholder_wire.h"

struct keys;

/* The keys of these options, which must outlive them.  Returns NULL with errno.
 */
struct keys *keys_new(const struct keyholder_options *);

/* Wipes the keys.  NULL is allowed. */
void keys_free(struct keys *);

/* Opens the key files, with the privileges that the process has now.  Returns
 * 0, or -1 with keys_why(). */
int keys_open(struct keys *);

/*
 * Reads the keys, then enters the keyholder's sandbox, if the options say so,
 * as no file is needed any more.  Returns 0, or -1 with keys_why().
 */
int keys_read(struct keys *);

/* Enters that sandbox.  Returns 0, or -1 with keys_why(). */
int keys_confine(struct keys *);

/* Whether they were read, or could not be. */
bool keys_are_read(const struct keys *);

/* The SHA-256 id of key `index`, once it was read. */
const uint8_t *keys_id(const struct keys *, size_t index);

/* They cannot be used for this reason, from now on.  The text is a line. */
void keys_give_up(struct keys *, const char *why);

/* Why they cannot be used, or "". */
const char *keys_why(const struct keys *);

/* Signs what is requested, if that is what a handshake needs (signing.h), and
 * fills in the reply; reads the keys before, if need be. */
void keys_sign(
    struct keys *, const struct keyholder_request *, struct keyholder_reply *);

#endif
