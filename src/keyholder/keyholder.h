/*
 * The keyholder, the only process that ever has the private keys, as seen by
 * the process that started it.
 *
 * It is forked before any key is read.  Each session has its own channel to it,
 * made before the session is forked; the keyholder receives the other end over
 * its control socket.  Over a channel one signature can be requested, which is
 * what a handshake needs (signer.h).  What a session does to its channel does
 * not affect other sessions.
 *
 * The keyholder ends with keyholder_free(), or with its last channel after
 * keyholder_retire().
 */
#ifndef PINGTLS_KEYHOLDER_H
#define PINGTLS_KEYHOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "confine/account.h"
#include "confine/sandbox.h"

/* The files of a certificate chain, its key and its OCSP response. */
struct key_pair {
	const char *certificate_file;
	const char *key_file;
	const char *ocsp_file; /* NULL: none */
};

#define KEYHOLDER_KEYS_MAX 32
#define KEYHOLDER_ID_SIZE 32
#define KEYHOLDER_WHY_MAX 256

struct keyholder;

struct keyholder_options {
	const struct key_pair *pairs; /* with the keys to hold */
	size_t count;                 /* 1 to KEYHOLDER_KEYS_MAX */
	gnutls_priority_t policy;     /* the signature schemes allowed */
	/* The user to change to after opening the files; NULL: none. */
	const struct account *account;
	bool opened_as_account; /* change to it before, as a check */
	bool sandboxed;         /* sandbox_enter() once the keys are read */
	/* Another process logs the file that is read, and kills the one that
	 * takes too long; else the keyholder limits its time (file.h). */
	bool watched;
};

/* Formats errno after a file of the options could not be opened, with the name
 * of the account if it was opened as that.  Returns `text`. */
const char *keyholder_open_error(
    const struct keyholder_options *, char text[ACCOUNT_ERROR_MAX]);

/*
 * Forks the keyholder.  It opens the key files with the privileges of this
 * process, changes to the account, and reads them when they are first needed.
 *
 * Returns NULL with one line in `why` (KEYHOLDER_WHY_MAX octets).
 */
struct keyholder *keyholder_start(const struct keyholder_options *, char *why);

/* A keyholder that another process started.  Takes ownership of `control`, the
 * socket to it.  Returns NULL with errno. */
struct keyholder *keyholder_new(int control);

/* Its control socket: when the keyholder ends, poll(2) says POLLHUP. */
int keyholder_fd(const struct keyholder *);

/*
 * Makes the channel of one session.  Never waits for the keyholder.  Returns
 * the session's end, which does not block, or -1 with errno: EPIPE when the
 * keyholder is gone, EAGAIN when too many channels wait for it to
 * receive them, or as socketpair(2) and sendmsg(2).
 */
int keyholder_open_channel(const struct keyholder *);

/* Makes the keyholder end with its last channel; no more can be opened. */
void keyholder_retire(const struct keyholder *);

/* Ends the keyholder, even if it has channels.  NULL is allowed. */
void keyholder_free(struct keyholder *);

pid_t keyholder_pid(const struct keyholder *);

#endif
