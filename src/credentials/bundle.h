/*
 * A bundle: the contents of the credential files, except private keys, in one
 * serialised block.  The process that reads the files makes it, and the one
 * that serves parses it.
 *
 * Its records come in this order, where * is any number and ? at most one:
 *
 *	(LEAF ISSUER* OCSP?) for each pair, AUTHORITY*, TICKET_KEY?
 *
 * Each begins with its kind and the size of its octets, 32-bit numbers of this
 * machine: a bundle never leaves it.
 */
#ifndef PINGTLS_BUNDLE_H
#define PINGTLS_BUNDLE_H

#include <stddef.h>

#include <gnutls/gnutls.h>

#include "keyholder/keyholder.h"

/* A certificate has 1 to 2 KiB, and Debian's ca-certificates, with 140
 * authorities, 200 KiB. */
#define BUNDLE_MAX (4U * 1024 * 1024)
/* GnuTLS's own limit; no client accepts a longer chain. */
#define BUNDLE_CHAIN_MAX 16
#define BUNDLE_AUTHORITIES_MAX 1024

enum bundle_kind {
	BUNDLE_LEAF = 1,   /* the server certificate of a pair, DER */
	BUNDLE_ISSUER,     /* the next certificate of its chain, DER */
	BUNDLE_OCSP,       /* the OCSP response for the leaf, DER */
	BUNDLE_AUTHORITY,  /* a CA for client certificates, DER */
	BUNDLE_TICKET_KEY, /* TICKETS_KEY_SIZE octets */
};

/* A bundle under construction, in memory that children do not inherit. */
struct bundle_buffer {
	unsigned char *octets;
	size_t size;
};

/* Allocates an empty bundle of up to BUNDLE_MAX octets.  Returns 0, or -1 with
 * errno. */
int bundle_buffer_new(struct bundle_buffer *);

/* Wipes and frees the memory.  A zero-initialised struct is allowed. */
void bundle_buffer_free(struct bundle_buffer *);

/* Adds a record.  Returns 0, or -1 with errno (EFBIG: too large). */
int bundle_append(
    struct bundle_buffer *, enum bundle_kind, const gnutls_datum_t *octets);

/* A parsed bundle, which points into the octets it was parsed from. */
struct bundle {
	struct bundle_pair {
		gnutls_datum_t chain[BUNDLE_CHAIN_MAX]; /* the leaf first */
		unsigned int length;
		size_t key;          /* which of the keyholder's */
		gnutls_datum_t ocsp; /* of no size: none */
	} pairs[KEYHOLDER_KEYS_MAX];
	size_t count;
	gnutls_datum_t authorities[BUNDLE_AUTHORITIES_MAX];
	size_t authority_count;
	gnutls_datum_t ticket_key; /* of no size: none */
};

/*
 * Parses `size` octets, which must be one complete bundle with at least one
 * pair.  Returns 0, or -1 with errno EBADMSG.
 */
int bundle_parse(struct bundle *, const unsigned char *octets, size_t size);

#endif
