/*
 * The chain that a server sends, made of what a certificate file holds, and
 * what clients will find wrong with it.
 */
#ifndef PINGTLS_CHAIN_H
#define PINGTLS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <gnutls/x509.h>

#include "credentials/bundle.h"

/* Certificates in a file. */
#define CHAIN_FILE_MAX 64

/* Certificates that are about to end are warned of. */
#define CHAIN_WARNING_DAYS 14

struct chain {
	const char *file; /* named in the log */
	gnutls_x509_crt_t all[CHAIN_FILE_MAX];
	unsigned int count;
	gnutls_x509_crt_t
	    sent[BUNDLE_CHAIN_MAX]; /* of `all`, the server's own first
	                             */
	unsigned int length;
};

/*
 * Parses a file's PEM.  The server's own certificate comes first; behind it
 * come its issuers, in order, whatever their order in the file.  Others, and
 * issuers that are not valid at the time `now`, are left out with a warning.
 *
 * Returns 0, or -1 after logging one line that names the file and the cause.
 * chain_free() frees what it holds, in either case.
 */
int chain_parse(
    struct chain *, const char *file, const gnutls_datum_t *pem, time_t now);

void chain_free(struct chain *);

/*
 * Logs what will make clients refuse the chain: an issuer that is missing, and
 * a certificate that wants its OCSP response stapled (RFC 7633) when there is
 * none (`stapled`).  Returns false after logging an error if the server's own
 * certificate is for clients alone: then no client would take it.
 */
bool chain_check(const struct chain *, bool stapled);

/* Logs each certificate of the chain that ends within CHAIN_WARNING_DAYS of the
 * time `now`. */
void chain_warn_of_end(const struct chain *, time_t now);

#endif
