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
#include "client/tlsa.h"

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

/*
 * Reads what else a conversation needs of files: the system's authorities,
 * once. Call it before the process of a conversation is confined.
 */
void verify_prepare(struct verifier *);

/* NULL is allowed. */
void verify_free(struct verifier *);

/* The server that a session is for. */
struct verify_server {
	const struct host_name *name; /* for SNI, too; with DANE the TLSA base
	                                 domain (RFC 7671, 7) */
	const char *alpn;             /* the name of a protocol, or NULL */
	/* What the certificate must match, by DANE (tlsa_check()). */
	const struct tlsa *records; /* NULL: it is verified by PKIX */
	size_t record_count;
	bool without_pkix; /* as in struct tlsa_peer */
	/* Complete the handshake whatever the certificate: the caller checks
	 * the outcome's `verified`, and sends nothing confidential. */
	bool complete_handshake;
};

/*
 * Makes a non-blocking client session for stream_upgrade(), one at a time.  The
 * server's certificate is verified within the handshake, for the name (RFC
 * 9525) and for use by a TLS server, or by DANE, so an invalid one is answered
 * with an alert and never with data, except with `complete_handshake`.  The
 * certificate's facts and problems are written to the outcome in any case.  The
 * arguments must outlive the session. Returns NULL with a GnuTLS code in
 * `error`.
 */
gnutls_session_t verify_session(struct verifier *, const struct verify_server *,
    struct outcome *, int *error);

/* Why the last certificate was not verified; REASON_NONE if it was, or if there
 * was none. */
enum reason verify_reason(const struct verifier *);

#endif
