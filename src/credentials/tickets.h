/*
 * Session tickets: with one, a client resumes an earlier TLS session without a
 * certificate and a signature (RFC 8446, 2.2).
 *
 * The key that encrypts them is in the listener and, by fork, in each session,
 * so that a ticket of one session is good in any other.  It is never written
 * anywhere and dies with the service, unless it comes from a file that several
 * hosts behind one name share.
 */
#ifndef PINGTLS_TICKETS_H
#define PINGTLS_TICKETS_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "base/deadline.h"

struct tickets;

struct tickets_options {
	const char *key_file; /* the key as 64 octets; NULL: none */
	bool generate;        /* a key of our own where there is no file */
};

/* Octets of a ticket key, as GnuTLS has it. */
#define TICKETS_KEY_SIZE 64

/* How long a ticket is good for.  Those who ping do so every few minutes. */
#define TICKETS_LIFETIME_S (60 * 60)

/* How long a key of our own is in use. */
#define TICKETS_ROTATION_MS (12 * 60 * 60 * INT64_C(1000))

/*
 * Reads the key of a file, to which no one but its owner and its group may have
 * access, to `key` (TICKETS_KEY_SIZE octets).  Returns false after logging one
 * line.
 */
bool tickets_read_key(const char *file, unsigned char *key);

/*
 * Tickets under a copy of `key`, the file's, or where there is no file under a
 * new key of our own.  With neither asked for there are none: NULL.  Returns 0
 * or a negative GnuTLS code.
 */
int tickets_new(const struct tickets_options *, const gnutls_datum_t *key,
    struct tickets **);

/* Wipes the key.  NULL is allowed. */
void tickets_free(struct tickets *);

/*
 * Puts a new key in the place of one of our own that has been in use for
 * TICKETS_ROTATION_MS at time `now`; its tickets are then worth nothing, and
 * who has one makes a whole handshake.  NULL is allowed.
 */
void tickets_rotate(struct tickets *, int64_t now);

/*
 * Lets a server session, which gnutls_init made without tickets, take and give
 * them.  NULL is allowed and does nothing.  Returns 0 or a negative GnuTLS
 * code.
 */
int tickets_enable(const struct tickets *, gnutls_session_t);

#endif
