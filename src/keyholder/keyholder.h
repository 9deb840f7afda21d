/*
 * The keyholder: the one process that ever holds a private key, as the process
 * that started it sees it.
 *
 * It is forked before any key is read.  Each session has a channel of its own
 * to it, over which it may have one signature made, which is what a handshake
 * takes (signer.h).  The channel is made before the session is forked; the
 * keyholder gets its end over the control socket.  So what a session does to
 * its channel no other session notices.
 *
 * The keyholder ends with keyholder_free(), or with its last channel once it
 * was retired.
 */
#ifndef PINGTLS_KEYHOLDER_H
#define PINGTLS_KEYHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

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
	gnutls_priority_t policy;     /* it signs by no scheme beyond these */
	/* Whom it becomes once it has opened them; NULL: stays who it is. */
	const struct account *account;
	bool wait;      /* start is done when the keys are read; without, they
	                   are read when a session is about to need them */
	bool sandboxed; /* sandbox_enter() once the keys are read */
};

/*
 * Forks the keyholder.  It opens the key files with the privileges it was born
 * with, then becomes the account, then reads them.
 *
 * Returns NULL with one line in `why` (KEYHOLDER_WHY_MAX octets).
 */
struct keyholder *keyholder_start(const struct keyholder_options *, char *why);

/* One that another process started, at the other end of `control`, which is its
 * own from now on.  Returns NULL with errno. */
struct keyholder *keyholder_new(int control);

/* Its control socket: when the keyholder ends, poll(2) says POLLHUP. */
int keyholder_fd(const struct keyholder *);

/*
 * Makes the channel of one session.  Never waits for the keyholder.  Returns
 * the session's end, which does not block, or -1 with errno: EPIPE when the
 * keyholder is gone, EAGAIN when too many channels are already on their way to
 * it, or as socketpair(2) and sendmsg(2).
 */
int keyholder_open_channel(const struct keyholder *);

/* From now on it gets no more channels, and ends with the last it has. */
void keyholder_retire(const struct keyholder *);

/* Ends the keyholder, whatever channels it has.  NULL is allowed. */
void keyholder_free(struct keyholder *);

pid_t keyholder_pid(const struct keyholder *);

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

#endif
