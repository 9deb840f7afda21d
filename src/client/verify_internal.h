/*
 * The parts that the client's trust is made of.
 */
#ifndef PINGTLS_VERIFY_INTERNAL_H
#define PINGTLS_VERIFY_INTERNAL_H

#include <gnutls/x509.h>

#include "client/verify.h"

#define VERIFY_SECONDS_A_DAY (24L * 60 * 60)

struct verifier {
	const struct verify_options *options;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t policy;
	bool trusts_none; /* the system has no trust store, or an empty one */

	/* Of the session under way. */
	const struct host_name *name;
	struct outcome *outcome;
	enum reason reason;
};

/* Certificates that are looked at; more than any chain that verifies has. */
#define VERIFY_CHAIN_MAX 16

/*
 * The way from the server's certificate to one that is trusted, among those
 * that it sent: what the verdict is about, so that a bystander in the chain is
 * never blamed.
 */
struct verify_path {
	unsigned int sent_count, count;
	gnutls_x509_crt_t sent[VERIFY_CHAIN_MAX]; /* owned */
	gnutls_x509_crt_t steps[VERIFY_CHAIN_MAX];
	gnutls_x509_crt_t anchor; /* trusted issuer of the last; NULL: none */
};

/* Returns 0 or a negative GnuTLS code; then there is nothing to clear. */
int verify_path_find(
    struct verify_path *, gnutls_session_t, const struct verifier *);
void verify_path_clear(struct verify_path *);

/* The certificates of the path, its anchor last; NULL behind it. */
gnutls_x509_crt_t verify_path_at(const struct verify_path *, unsigned int i);

/* Fills in what is known of the server's certificate. */
void verify_note_facts(
    struct verifier *, gnutls_session_t, const struct verify_path *);

/* Says what each bit of a gnutls_certificate_status_t means here: fills in the
 * outcome's problems and the verifier's reason. */
void verify_explain(
    struct verifier *, const struct verify_path *, unsigned int status);

/* Adds an entry to the outcome's problems. */
void verify_add_problem(struct verifier *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
