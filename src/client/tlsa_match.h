/*
 * Checking TLSA records against the chain that a server sent (RFC 7671).
 *
 * libgnutls-dane is not used: version 3.7.9 compares a CA record with the
 * second certificate only, stops at the first record of usage 2 if the chain
 * has one certificate, so that a later "3 1 1" is not tried, and leaves PKIX,
 * name and dates to its caller.
 */
#ifndef PINGTLS_TLSA_MATCH_H
#define PINGTLS_TLSA_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

#include "client/tlsa.h"

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
