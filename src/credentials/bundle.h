/*
 * A bundle: what the files of the credentials hold, private keys apart, as one
 * row of octets.  Who reads the files makes it, and who serves with what they
 * hold parses it; the two may be different processes.
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

/* A certificate takes some 1 to 2 KiB, the 140 authorities of Debian's
 * ca-certificates 200 KiB. */
#define BUNDLE_MAX (4U * 1024 * 1024)
/* A chain longer than this no client would follow (GnuTLS's own limit). */
#define BUNDLE_CHAIN_MAX 16
#define BUNDLE_AUTHORITIES_MAX 1024

enum bundle_kind {
	BUNDLE_LEAF = 1,   /* a pair's own certificate, DER */
	BUNDLE_ISSUER,     /* the next of its chain, DER */
	BUNDLE_OCSP,       /* the response about the leaf, DER */
	BUNDLE_AUTHORITY,  /* whose certificates clients may have, DER */
	BUNDLE_TICKET_KEY, /* TICKETS_KEY_SIZE octets */
};

/* Octets of a bundle in the making.  A child that is forked has none of it. */
struct bundle_buffer {
	unsigned char *octets;
	size_t size;
};

/* Makes an empty one, with room for BUNDLE_MAX.  Returns 0, or -1 with errno.
 */
int bundle_buffer_new(struct bundle_buffer *);

/* Wipes and frees the octets.  One that is all zero is allowed. */
void bundle_buffer_free(struct bundle_buffer *);

/* Adds a record.  Returns 0, or -1 with errno (EFBIG: beyond BUNDLE_MAX). */
int bundle_append(
    struct bundle_buffer *, enum bundle_kind, const gnutls_datum_t *octets);

/* A bundle in its parts, which are those of the octets it was parsed from. */
struct bundle {
	struct bundle_pair {
		gnutls_datum_t chain[BUNDLE_CHAIN_MAX]; /* the leaf first */
		unsigned int length;
		gnutls_datum_t ocsp; /* of no size: none */
	} pairs[KEYHOLDER_KEYS_MAX];
	size_t count;
	gnutls_datum_t authorities[BUNDLE_AUTHORITIES_MAX];
	size_t authority_count;
	gnutls_datum_t ticket_key; /* of no size: none */
};

/*
 * Parses `size` octets, which must be one whole bundle in the order above, of
 * at least one pair.  Returns 0, or -1 with errno EBADMSG.
 */
int bundle_parse(struct bundle *, const unsigned char *octets, size_t size);

#endif
