/*
 * The private keys, in the memory of the keyholder.
 */
#ifndef PINGTLS_KEYS_H
#define PINGTLS_KEYS_H

#include <stdbool.h>

#include "keyholder/keyholder_wire.h"

struct keys;

/* For the keys of the options, which must outlive the object.  Returns NULL
 * with errno. */
struct keys *keys_new(const struct keyholder_options *);

/* Wipes the keys.  NULL is allowed. */
void keys_free(struct keys *);

/* Opens the key files.  Returns 0, or -1 with the reason in keys_why(). */
int keys_open(struct keys *);

/* Logs each key file that every user could read when it was opened. */
void keys_warn_of_readers(const struct keys *);

/*
 * Reads the keys and then, if the options say so, enters the keyholder's
 * sandbox.  Returns 0, or -1 with the reason in keys_why().
 */
int keys_read(struct keys *);

/* Enters the keyholder's sandbox.  Returns 0, or -1 with keys_why(). */
int keys_confine(struct keys *);

/* True once keys_read() was called. */
bool keys_are_read(const struct keys *);

/* The SHA-256 id of key `index`, after it was read. */
const uint8_t *keys_id(const struct keys *, size_t index);

/* Makes all signatures fail with this one-line reason. */
void keys_give_up(struct keys *, const char *why);

/* The reason why the keys cannot be used, or "". */
const char *keys_why(const struct keys *);

/* Signs a request if signing_allowed(), and fills in the reply.  Reads the keys
 * first if that has not been done. */
void keys_sign(
    struct keys *, const struct keyholder_request *, struct keyholder_reply *);

#endif
