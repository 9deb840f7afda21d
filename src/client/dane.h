/*
 * The TLSA records of a server from DNS, believed only where DNSSEC has
 * validated them (RFC 7671, RFC 7672).
 */
#ifndef PINGTLS_DANE_H
#define PINGTLS_DANE_H

#include <stdint.h>

#include "client/host_name.h"
#include "client/tlsa.h"
#include "services/reason.h"

#define DANE_WHY_MAX 512

enum dane_status {
	DANE_FOUND,    /* there are validated records */
	DANE_ABSENT,   /* validated: there are none */
	DANE_INSECURE, /* what DNS says is not validated */
	DANE_INVALID,  /* DNS gave no valid answer */
	DANE_SILENT,   /* DNS gave no answer in time */
};

struct dane_answer {
	enum dane_status status;
	char why[DANE_WHY_MAX]; /* in words, unless DANE_FOUND */
	struct host_name base;  /* the TLSA base domain */
	int count;
	struct tlsa records[TLSA_RECORDS_MAX];
};

/*
 * Asks the C library's resolver for the records of `host`, a DNS name, and
 * `port`.  A host that is an alias has its records with the name that it leads
 * to or, failing that, with its own (RFC 7671, 7).
 *
 * Validation is left to the resolver, which tells by the AD bit (RFC
 * 6840, 5.8). That is believed where nobody can forge it: of a resolver on this
 * machine, and where resolv.conf(5) says "options trust-ad".
 *
 * Blocks for as long as resolv.conf(5) says.
 */
void dane_look_up(const char *host, uint16_t port, struct dane_answer *);

/* Why a server whose records are required fails; REASON_NONE if it has some. */
enum reason dane_reason(const struct dane_answer *);

#endif
