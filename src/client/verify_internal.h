/*
 * What the files of the verification share.
 */
#ifndef PINGTLS_VERIFY_INTERNAL_H
#define PINGTLS_VERIFY_INTERNAL_H

#include <gnutls/x509.h>

#include "client/trust_store.h"
#include "client/verify.h"

struct verifier {
	const struct verify_options *options;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t policy;
	bool prepared;
	struct trust_store *system; /* NULL: others are trusted, or missing */
	bool trusts_none; /* the system's trust store is missing or empty */

	/* Of the current session. */
	const struct verify_server *server;
	struct outcome *outcome;
	enum reason reason;
};

/* The maximum number of certificates looked at; GnuTLS accepts no more. */
#define VERIFY_CHAIN_MAX 16

/*
 * The path from the server's certificate to a trusted one, through those that
 * the server sent, so that problems are not attributed to unrelated
 * certificates.
 *
 * The function of gnutls_session_set_verify_output_function(3) is not told of
 * these steps: GnuTLS 3.7 stops at the first that fails, so that others at
 * fault stay unnamed, and calls it for attempts that do not decide the verdict
 * as well.  Nor is it passed a pointer, which would take a global variable.
 */
struct verify_path {
	unsigned int sent_count, count;
	gnutls_x509_crt_t sent[VERIFY_CHAIN_MAX]; /* owned */
	gnutls_x509_crt_t steps[VERIFY_CHAIN_MAX];
	gnutls_x509_crt_t
	    anchor; /* the trusted issuer of the last; NULL: none */
};

/* Returns 0, or a negative GnuTLS code: then do not call verify_path_clear().
 */
int verify_path_find(
    struct verify_path *, gnutls_session_t, const struct verifier *);
void verify_path_clear(struct verify_path *);

/* Certificate `i` of the path, the anchor last; NULL after the last. */
gnutls_x509_crt_t verify_path_at(const struct verify_path *, unsigned int i);

/* Fills in the facts of the server's certificate. */
void verify_note_facts(
    struct verifier *, gnutls_session_t, const struct verify_path *);

/* Translates a gnutls_certificate_status_t to the outcome's problems and the
 * verifier's reason. */
void verify_explain(
    struct verifier *, const struct verify_path *, unsigned int status);

/* Adds to the problems which issuer may not vouch for the server's certificate,
 * and what forbids it (GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE). */
void verify_explain_constraints(struct verifier *, const struct verify_path *);

/*
 * Has the server's TLSA records decide instead of PKIX, whose status is given.
 * Sets the outcome's `dane` and `verified`, and its problems and the verifier's
 * reason if no record matches.
 */
void verify_by_records(struct verifier *, gnutls_session_t,
    const struct verify_path *, unsigned int status);

/* Adds an entry to the outcome's problems. */
void verify_add_problem(struct verifier *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
