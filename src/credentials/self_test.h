/*
 * A handshake of the server with itself, before it serves anyone.
 *
 * It shows that the certificates, the keyholder and the policy work together,
 * which else the first client would find out.  And it leaves in this process
 * what every session forked from it would have to do again: functions bound by
 * the dynamic linker, tables computed, memory laid out.  That is 90 us and 50
 * page faults less for each session that is upgraded.
 */
#ifndef PINGTLS_SELF_TEST_H
#define PINGTLS_SELF_TEST_H

#include <gnutls/gnutls.h>

/*
 * Plays client to `server`, a session that was never used, under the same
 * policy: the handshake, a record each way, the end.  The caller frees the
 * session.  Returns 0 or a negative GnuTLS code.
 */
int self_test_run(gnutls_session_t server, gnutls_priority_t policy);

#endif
