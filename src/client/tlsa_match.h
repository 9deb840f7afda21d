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
#include "client/tlsa_anchor.h"

/* Generates the "3 1 1" record of a certificate in DER.  Returns 0 or a
 * negative GnuTLS code. */
int tlsa_of_certificate(const gnutls_datum_t *certificate, struct tlsa *);

/* True if the record's data is that of the certificate, in DER. */
bool tlsa_is_of(const struct tlsa *, const gnutls_datum_t *certificate);

/* What the records are checked against. */
struct tlsa_peer {
	struct tlsa_chain chain; /* not empty */
	/* The same verified by PKIX (chain, dates, name), the trusted authority
	 * last, for usages 0 and 1; empty if it could not be. */
	struct tlsa_chain path;
	const char *name;  /* the TLSA base domain, for usage 2 */
	bool without_pkix; /* usages 0 and 1 cannot be used (RFC 7672, 3.1.3) */
};

enum tlsa_verdict {
	TLSA_MATCHED,
	TLSA_MISMATCH, /* no usable record matched */
	TLSA_UNUSABLE, /* no record can be used */
};

struct tlsa_result {
	enum tlsa_verdict verdict;
	/* The record that matched.  With TLSA_MISMATCH, the one that
	 * `chain_status` is about, or the first that was usable. */
	const struct tlsa *record;
	/* Bits of gnutls_certificate_status_t: why the chain, which does lead
	 * to the authority of a record of usage 2, is not valid. */
	unsigned int chain_status;
};

/*
 * Checks `count` records against the peer.  Of those with the same usage and
 * selector only those with the strongest digest and those without a digest are
 * used (RFC 7671, 9).
 *
 * Usage 3 ignores names and dates (RFC 7671, 5.1).  Usage 2 requires that the
 * chain lead to the certificate or key of the record, and be valid now and for
 * `name` (RFC 7671, 5.2).  Usages 0 and 1 are looked for in `path`.
 */
void tlsa_check(const struct tlsa *records, size_t count,
    const struct tlsa_peer *, struct tlsa_result *);

#endif
