/*
 * Verification of the peer's certificate by a trusted authority anywhere in the
 * chain that it sent.
 */
#ifndef PINGTLS_PEER_VERIFY_H
#define PINGTLS_PEER_VERIFY_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/*
 * The `size` for gnutls_x509_trust_list_init(3) with which an authority is
 * found wherever it is in a chain.
 *
 * GnuTLS (3.7.9 and 3.8.9, shorten_clist() and _gnutls_verify_crt_status())
 * means to end a chain at its first certificate that is trusted, but looks for
 * that only in the hash bucket of the last certificate's issuer or subject.
 * With one bucket it looks at all that are trusted.
 */
#define PEER_VERIFY_BUCKETS 1

/*
 * gnutls_certificate_verify_peers(3), except that what was sent behind a
 * trusted authority does not matter.  May replace the trust list of the
 * session's credentials by one with the same authorities, so that pointers into
 * it are invalid afterwards.  Returns 0 or a negative GnuTLS code.
 */
int peer_verify(gnutls_session_t, gnutls_typed_vdata_st *wanted,
    unsigned int count, unsigned int *status);

#endif
