/*
 * TLSA records (RFC 6698, RFC 7671): parsed, made, and held against the chain
 * that a server sent.
 *
 * libgnutls-dane is not used for it: version 3.7.9 compares a CA record with
 * the second certificate alone, gives up on a chain of one at the first record
 * of usage 2, so that a "3 1 1" behind it is never tried, and leaves PKIX, the
 * name and the dates to its caller.
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

/* Association data: a whole certificate at most. */
#define TLSA_DATA_MAX 8192
/* Records of one name that are looked at. */
#define TLSA_RECORDS_MAX 32

struct tlsa {
	uint8_t usage, selector, matching; /* as sent; may be unknown ones */
	uint16_t size;
	uint8_t data[TLSA_DATA_MAX];
};

/*
 * Parses what a zone file has behind the type, "3 1 1 HEX"; blanks may part the
 * hexadecimal digits.  The three numbers and the length of a digest must be
 * ones that RFC 6698 knows.  Returns NULL, or in a few words what is wrong.
 */
const char *tlsa_parse(const char *text, struct tlsa *);

/* Takes a record as it comes from DNS (RFC 6698, 2.1).  Returns false if it is
 * malformed or too large. */
bool tlsa_from_wire(const uint8_t *data, size_t size, struct tlsa *);

/* Room for the text of a record with a digest. */
#define TLSA_TEXT_MAX 144

/* Writes the record as tlsa_parse() has it to `text`; data that does not fit is
 * cut, and "..." stands for the rest. */
void tlsa_format(const struct tlsa *, char *text, size_t size);

/* Makes the "3 1 1" record of a certificate in DER.  Returns 0 or a negative
 * GnuTLS code. */
int tlsa_of_certificate(const gnutls_datum_t *certificate, struct tlsa *);

/* What the records are held against. */
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
 * Holds `count` records against the peer; of those with the same usage and
 * selector only the ones with the strongest digest, and those without a digest,
 * count (RFC 7671, 9).
 *
 * Usage 3 ignores names and dates (RFC 7671, 5.1).  Usage 2 wants the chain to
 * lead to the certificate or key that the record says, and to be valid now and
 * for `name` (RFC 7671, 5.2).  `*matched` is the record that matched, and with
 * TLSA_MISMATCH the first that was usable.
 */
enum tlsa_verdict tlsa_check(const struct tlsa *records, size_t count,
    const struct tlsa_peer *, const struct tlsa **matched);

#endif
