/*
 * TLSA records (RFC 6698, RFC 7671): parsing, generating, and checking them
 * against the chain that a server sent.
 *
 * libgnutls-dane is not used: version 3.7.9 compares a CA record with the
 * second certificate only, stops at the first record of usage 2 if the chain
 * has one certificate, so that a later "3 1 1" is not tried, and leaves PKIX,
 * name and dates to its caller.
 */
#ifndef PINGTLS_TLSA_H
#define PINGTLS_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

enum tlsa_usage {
	TLSA_PKIX_TA = 0,
	TLSA_PKIX_EE = 1,
	TLSA_DANE_TA = 2,
	TLSA_DANE_EE = 3,
};

enum tlsa_selector {
	TLSA_CERTIFICATE = 0,
	TLSA_PUBLIC_KEY = 1,
};

enum tlsa_matching {
	TLSA_EXACT = 0,
	TLSA_SHA256 = 1,
	TLSA_SHA512 = 2,
};

/* The maximum size of association data: a whole certificate. */
#define TLSA_DATA_MAX 8192
/* The maximum number of records of a name that are used. */
#define TLSA_RECORDS_MAX 32

struct tlsa {
	uint8_t usage, selector, matching; /* as sent; may be unknown values */
	uint16_t size;
	uint8_t data[TLSA_DATA_MAX];
};

/*
 * Parses the presentation format, "3 1 1 HEX"; the hexadecimal digits may be
 * separated by blanks.  The numbers and the length of a digest must be defined
 * in RFC 6698.  Returns NULL, or a few words that say what is wrong.
 */
const char *tlsa_parse(const char *text, struct tlsa *);

/* Parses the wire format (RFC 6698, 2.1).  Returns false if it is malformed or
 * too large. */
bool tlsa_from_wire(const uint8_t *data, size_t size, struct tlsa *);

/* The size of the text of a record with a digest. */
#define TLSA_TEXT_MAX 144

/* Formats the record as for tlsa_parse().  "..." ends data that is truncated.
 */
void tlsa_format(const struct tlsa *, char *text, size_t size);

/* Generates the "3 1 1" record of a certificate in DER.  Returns 0 or a
 * negative GnuTLS code. */
int tlsa_of_certificate(const gnutls_datum_t *certificate, struct tlsa *);

/* What the records are checked against. */
struct tlsa_peer {
	const gnutls_datum_t
	    *chain; /* in DER as sent, the server's own first */
	unsigned int chain_size;
	const char *name;   /* the TLSA base domain, for usage 2 */
	bool pkix_verified; /* chain and name, for usages 0 and 1 */
	bool without_pkix;  /* usages 0 and 1 do not count, as for SMTP
	                       (RFC 7672, 3.1.3) */
};

enum tlsa_verdict {
	TLSA_MATCHED,
	TLSA_MISMATCH, /* no usable record matched */
	TLSA_UNUSABLE, /* no record can be used */
};

/*
 * Checks `count` records against the peer.  Of those with the same usage and
 * selector only those with the strongest digest and those without a digest are
 * used (RFC 7671, 9).
 *
 * Usage 3 ignores names and dates (RFC 7671, 5.1).  Usage 2 requires that the
 * chain lead to the certificate or key of the record, and be valid now and for
 * `name` (RFC 7671, 5.2).  `*matched` is the record that matched, and with
 * TLSA_MISMATCH the first that was usable.
 */
enum tlsa_verdict tlsa_check(const struct tlsa *records, size_t count,
    const struct tlsa_peer *, const struct tlsa **matched);

#endif
