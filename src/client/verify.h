/*
 * Verification of server certificates, and the client's own certificate and TLS
 * policy.
 */
#ifndef PINGTLS_VERIFY_H
#define PINGTLS_VERIFY_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "client/host_name.h"
#include "client/outcome.h"

struct verify_options {
	const char *ca_file; /* NULL: the system's trust store */
	const char *certificate_file, *key_file; /* the client's; NULL: none */
	const char *priority;                    /* for policy_init() */
	bool insecure; /* accept any certificate, but record problems */
};

struct verifier;

#define VERIFY_TEXT_MAX 512

/*
 * Loads the files that the options name; the options must outlive the object.
 * Returns NULL with a one-line message in `why` (VERIFY_TEXT_MAX octets).
 */
struct verifier *verify_new(const struct verify_options *, char *why);

/* NULL is allowed. */
void verify_free(struct verifier *);

/*
 * Makes a non-blocking client session for stream_upgrade(), one at a time.  The
 * server's certificate is verified within the handshake, for the name (RFC
 * 9525) and for use by a TLS server, so an invalid one is answered with an
 * alert and never with data.  The certificate's facts and problems are written
 * to the outcome in any case.  `alpn` is the name of a protocol, or NULL.  The
 * arguments must outlive the session.  Returns NULL with a GnuTLS code in
 * `error`.
 */
gnutls_session_t verify_session(struct verifier *, const struct host_name *,
    const char *alpn, struct outcome *, int *error);

/* Why the last certificate was not verified; REASON_NONE if it was, or if there
 * was none. */
enum reason verify_reason(const struct verifier *);

#endif
