/*
 * Session tickets, by which clients resume TLS sessions without certificate and
 * signature (RFC 8446, 2.2).
 *
 * The listener has the ticket key and each session inherits it, so a ticket is
 * valid in all sessions.  The key is generated at start-up and never stored, or
 * read from a file that several hosts of the same name share.
 */
#ifndef PINGTLS_TICKETS_H
#define PINGTLS_TICKETS_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "base/deadline.h"

struct tickets;

struct tickets_options {
	const char *key_file; /* with a key of 64 octets; NULL: none */
	bool generate;        /* generate a key if there is no file */
};

/* The size of a ticket key in GnuTLS. */
#define TICKETS_KEY_SIZE 64

/* The lifetime of a ticket.  Monitors ping every few minutes. */
#define TICKETS_LIFETIME_S (60 * 60)

/* How long a generated key is used. */
#define TICKETS_ROTATION_MS (12 * 60 * 60 * INT64_C(1000))

/*
 * Reads an open key file, which must not be accessible to others than its owner
 * and group, to `key` (TICKETS_KEY_SIZE octets).  Returns NULL, or why it
 * cannot be used.
 */
const char *tickets_read_key(int fd, unsigned char *key);

/*
 * Makes tickets with a copy of `key`, or with a generated key if the options
 * name no file; NULL if they want neither.  Returns 0 or a negative GnuTLS
 * code.
 */
int tickets_new(const struct tickets_options *, const gnutls_datum_t *key,
    struct tickets **);

/* Wipes the key.  NULL is allowed. */
void tickets_free(struct tickets *);

/*
 * Replaces a generated key that has been used for TICKETS_ROTATION_MS at the
 * time `now`.  Clients with older tickets make a full handshake.  NULL is
 * allowed.
 */
void tickets_rotate(struct tickets *, int64_t now);

/*
 * Enables tickets in a server session, unless the object is NULL.  Returns 0 or
 * a negative GnuTLS code.
 */
int tickets_enable(const struct tickets *, gnutls_session_t);

#endif
