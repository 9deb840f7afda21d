/*
 * Building the certificate chain that the server sends from a certificate file,
 * and checking it for what would make clients reject it.
 */
#ifndef PINGTLS_CHAIN_H
#define PINGTLS_CHAIN_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/x509.h>

#include "credentials/bundle.h"

/* The maximum number of certificates in a file. */
#define CHAIN_FILE_MAX 64

/* How early to warn of certificates that expire. */
#define CHAIN_WARNING_DAYS 14

struct chain {
	const char *file; /* named in the log */
	gnutls_x509_crt_t all[CHAIN_FILE_MAX];
	unsigned int count;
	gnutls_x509_crt_t
	    sent[BUNDLE_CHAIN_MAX]; /* from `all`, the server's first */
	unsigned int length;
};

/*
 * Parses the PEM of a file.  The server's certificate must be the first; its
 * issuers may come in any order.  Unrelated certificates, and issuers that are
 * not valid at the time `now`, are left out.
 *
 * Returns 0, or -1 after logging one line that names the file and the cause.
 * Call chain_free() in either case.
 */
int chain_parse(
    struct chain *, const char *file, const gnutls_datum_t *pem, time_t now);

void chain_free(struct chain *);

/*
 * Returns false after logging an error if no handshake can use the server's
 * certificate: it is for TLS clients only, or its key may not sign.
 */
bool chain_check(const struct chain *);

/*
 * Warns of certificates that were left out at the time `now`, and of what would
 * make clients reject the chain: a missing issuer, and a certificate that
 * requires a stapled OCSP response (RFC 7633) if `stapled` is false.
 */
void chain_warn(const struct chain *, bool stapled, time_t now);

/* Logs a certificate of the file that has expired at the time `now`, or will
 * within CHAIN_WARNING_DAYS. */
void chain_warn_of_end(const char *file, gnutls_x509_crt_t, time_t now);

#endif
