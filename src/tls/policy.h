/*
 * The TLS policy of both programs: what the system says (GnuTLS's default
 * priority, gnutls(7)) or the user, but never below TLS 1.2, never with RSA key
 * transport (RFC 9325, 3.1.1 and 4.1), and never resumed without a new key
 * exchange (RFC 8446, 2.2: no forward secrecy).
 */
#ifndef PINGTLS_POLICY_H
#define PINGTLS_POLICY_H

#include <gnutls/gnutls.h>

/* The oldest version of TLS. */
enum policy_oldest {
	POLICY_TLS_1_2,
	POLICY_TLS_1_3,
};

#define POLICY_WHY_MAX 256

/*
 * Makes the priority cache for `string`, a GnuTLS priority string, or for the
 * system's default where it is NULL.  Free it with gnutls_priority_deinit.
 * Returns 0, or -1 with one line in `why` (POLICY_WHY_MAX octets) that says
 * which part is not understood.
 */
int policy_init(gnutls_priority_t *policy, const char *string,
    enum policy_oldest oldest, char *why);

/*
 * Makes a non-blocking session under the policy, with these credentials, which
 * it refers to; `flags` are gnutls_init(3)'s, GNUTLS_CLIENT or GNUTLS_SERVER
 * among them.  Free it with gnutls_deinit.  Returns 0 or a negative GnuTLS
 * code.
 */
int policy_session(gnutls_session_t *session, unsigned int flags,
    gnutls_priority_t policy, gnutls_certificate_credentials_t credentials);

#endif
