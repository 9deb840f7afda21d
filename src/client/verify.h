/*
 * What the client trusts and who it is: the certificate authorities, its own
 * certificate, the TLS policy; and the verdict on a server's certificate, in a
 * person's words.
 */
#ifndef PINGTLS_VERIFY_H
#define PINGTLS_VERIFY_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "tls/ocsp.h"

struct verify_options {
	/* To verify: a DNS name, or an IP address, whose zone is ignored. */
	const char *name;
	const char *ca_file; /* NULL: the system's trust store */
	const char *certificate_file, *key_file; /* ours; NULL: none */
	const char *priority;                    /* as policy_init() has it */
	bool insecure; /* take any certificate, and say what is wrong */
};

struct verifier;

#define VERIFY_TEXT_MAX 512

/* Also of a name in a certificate.  DNS has 255 octets (RFC 1035, 2.3.4). */
#define VERIFY_NAME_MAX 256

/*
 * Loads what the options name, and refers to them.  Returns NULL with one line
 * in `why` (VERIFY_TEXT_MAX octets).
 */
struct verifier *verify_new(const struct verify_options *, char *why);

/* NULL is allowed. */
void verify_free(struct verifier *);

/*
 * A client session, not blocking, for stream_upgrade().  The server's
 * certificate is verified within the handshake, against the name (RFC 9525) and
 * for use by a TLS server, so that a wrong one is answered with an alert and
 * never with data.  The trust must outlive the session.
 * Returns NULL with the GnuTLS code in `error`.
 */
gnutls_session_t verify_session(struct verifier *, int *error);

/*
 * After a handshake, done or failed: what is wrong with the server's
 * certificate, "; " between several causes, or "".
 */
const char *verify_why(const struct verifier *);

/* Facts of a server's certificate, printable whatever it holds. */
struct verify_facts {
	char subject[VERIFY_NAME_MAX];
	char issuer[VERIFY_NAME_MAX];
	char matched[VERIFY_NAME_MAX]; /* the name that fits ours, or "" */
	char key[64];                  /* its kind and size */
	char signature[64];            /* the algorithm it is signed with */
	char fingerprint[65];          /* SHA-256, hexadecimal */
	char ocsp[OCSP_TEXT_MAX];      /* what was stapled */
	time_t from, until;
	bool expired;
	long days; /* whole ones, until it expires or since it did */
};

/* Fills `facts` in.  Returns 0 or a negative GnuTLS code. */
int verify_look(
    const struct verifier *, gnutls_session_t, struct verify_facts *);

#endif
