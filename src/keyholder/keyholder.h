/*
 * The keyholder: the one process that ever holds a private key.
 *
 * It is forked before any key is read.  The listener and the sessions hold a
 * gnutls_privkey_t that only asks: each signature is one message to the
 * keyholder over a SOCK_SEQPACKET pair, with a descriptor for the reply.  The
 * keyholder ends when the last process that can ask it is gone.
 */
#ifndef PINGTLS_KEYHOLDER_H
#define PINGTLS_KEYHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gnutls/abstract.h>

#include "base/deadline.h"
#include "confine/sandbox.h"

/* A certificate chain and its key, as the user named their files. */
struct key_pair {
	const char *certificate_file;
	const char *key_file;
	const char *ocsp_file; /* a response about it; NULL: none */
};

#define KEYHOLDER_KEYS_MAX 16
#define KEYHOLDER_ID_SIZE 32
#define KEYHOLDER_WHY_MAX 256

struct keyholder;

struct keyholder_options {
	const struct key_pair *pairs; /* whose keys it is to hold */
	size_t count;                 /* 1 to KEYHOLDER_KEYS_MAX */
	/* Whom it becomes once it has opened them; NULL: stays who it is. */
	const struct account *account;
	bool wait;      /* start is done when the keys are read; without, they
	                   are read at keyholder_wake() or the first signature */
	bool sandboxed; /* sandbox_enter() once the keys are read */
};

/*
 * Forks the keyholder.  It opens the key files with the privileges it was born
 * with, then becomes the account, then reads them.  What the options point to
 * must outlive it.
 *
 * Returns NULL with one line in `why` (KEYHOLDER_WHY_MAX octets).
 */
struct keyholder *keyholder_start(const struct keyholder_options *, char *why);

/* Closes this process's way to ask.  NULL is allowed. */
void keyholder_free(struct keyholder *);

pid_t keyholder_pid(const struct keyholder *);

/* The keyholder's socket: the one descriptor of it that this process has. */
int keyholder_socket(const struct keyholder *);

/*
 * The SHA-256 id (gnutls_x509_privkey_get_key_id(3)) of key `index`; NULL if
 * the start did not wait for the keys.
 */
const uint8_t *keyholder_id(const struct keyholder *, size_t index);

/*
 * Whether the keys could be read again as `account`, for a reload or a new
 * keyholder; `why` says which could not.
 */
bool keyholder_readable(const struct keyholder *, char *why);

/*
 * Makes a private key that asks for key `index`, whose public part is `public`.
 * The keyholder must outlive it.  Returns 0 or a negative GnuTLS code.
 */
int keyholder_import(struct keyholder *, size_t index, gnutls_pubkey_t public,
    gnutls_privkey_t *key);

/*
 * Tells a keyholder that was not waited for to read its keys now, as it will
 * soon be asked to sign.
 */
void keyholder_wake(const struct keyholder *);

/* When a signature must have come; at first there is no deadline. */
void keyholder_set_deadline(struct keyholder *, deadline);

/* What went wrong with the last signature, or "". */
const char *keyholder_why(const struct keyholder *);

#endif
