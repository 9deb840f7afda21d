/*
 * TLSA records (RFC 6698, 2): as text and as in DNS.
 */
#ifndef PINGTLS_TLSA_H
#define PINGTLS_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* True if the numbers are defined in RFC 6698 and the data can be theirs. */
bool tlsa_is_known(const struct tlsa *);

#endif
