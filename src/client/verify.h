/*
 * What the client trusts and who it is: the certificate authorities, its own
 * certificate, the TLS policy; and the verdict on a server's certificate.
 */
#ifndef PINGTLS_VERIFY_H
#define PINGTLS_VERIFY_H

#include <stdbool.h>

#include <gnutls/gnutls.h>

#include "client/host_name.h"
#include "client/outcome.h"

struct verify_options {
	const char *ca_file; /* NULL: the system's trust store */
	const char *certificate_file, *key_file; /* ours; NULL: none */
	const char *priority;                    /* as policy_init() has it */
	bool insecure; /* take any certificate, and say what is wrong */
};

struct verifier;

#define VERIFY_TEXT_MAX 512

/*
 * Loads what the options name, and refers to them.  Returns NULL with one line
 * in `why` (VERIFY_TEXT_MAX octets).
 */
struct verifier *verify_new(const struct verify_options *, char *why);

/* NULL is allowed. */
void verify_free(struct verifier *);

/*
 * A client session, not blocking, for stream_upgrade(), one at a time.  The
 * server's certificate is verified within the handshake, against the name (RFC
 * 9525) and for use by a TLS server, so that a wrong one is answered with an
 * alert and never with data.  Its facts, the verdict and what speaks against it
 * go to the outcome, verified or not.  `alpn` is a protocol's name, or NULL.
 * All must outlive the session.  Returns NULL with the GnuTLS code in `error`.
 */
gnutls_session_t verify_session(struct verifier *, const struct host_name *,
    const char *alpn, struct outcome *, int *error);

/* Why the last certificate was not verified; REASON_NONE: it was, or none was
 * seen. */
enum reason verify_reason(const struct verifier *);

#endif
