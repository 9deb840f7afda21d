/*
 * The TLS policy of both programs: the user's GnuTLS priority string or the
 * system's default, with a minimum that neither can undo.  Nothing older than
 * TLS 1.2, no RSA key transport (RFC 9325, 3.1.1 and 4.1), no signature over a
 * SHA-1 hash (RFC 9155), and no resumption without a new key exchange, which
 * would lose forward secrecy (RFC 8446, 2.2).
 */
#ifndef PINGTLS_POLICY_H
#define PINGTLS_POLICY_H

#include <gnutls/gnutls.h>

/* The oldest version of TLS allowed. */
enum policy_oldest {
	POLICY_TLS_1_2,
	POLICY_TLS_1_3,
};

#define POLICY_WHY_MAX 256

/*
 * Makes the priority cache for the priority string `string`, or for the
 * system's default if it is NULL.  Free it with gnutls_priority_deinit().
 * Returns 0, or -1 with a one-line message in `why` (POLICY_WHY_MAX octets)
 * that names the invalid part of the string.
 */
int policy_init(gnutls_priority_t *policy, const char *string,
    enum policy_oldest oldest, char *why);

/*
 * Makes a non-blocking session with this policy and these credentials, which
 * must outlive it.  `flags` are those of gnutls_init(3), GNUTLS_CLIENT or
 * GNUTLS_SERVER included.  Free it with gnutls_deinit().  Returns 0 or a
 * negative GnuTLS code.
 */
int policy_session(gnutls_session_t *session, unsigned int flags,
    gnutls_priority_t policy, gnutls_certificate_credentials_t credentials);

#endif
