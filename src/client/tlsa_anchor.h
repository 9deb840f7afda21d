/*
 * Trust anchors from TLSA records of usage 2 (RFC 7671, 5.2).
 */
#ifndef PINGTLS_TLSA_ANCHOR_H
#define PINGTLS_TLSA_ANCHOR_H

#include <gnutls/gnutls.h>

/* A chain as it was sent: certificates in DER, the server's own first. */
struct tlsa_chain {
	const gnutls_datum_t *certificates;
	unsigned int size;
};

/*
 * Verifies that the chain leads to the authority `anchor`, a certificate in
 * DER, and that the server's own certificate is valid now, for `name`, and for
 * a TLS server.  The anchor may have been sent or not; what was sent behind it
 * does not matter.  Returns 0, or bits of gnutls_certificate_status_t.
 */
unsigned int tlsa_anchor_verify(
    const struct tlsa_chain *, const gnutls_datum_t *anchor, const char *name);

/*
 * The same for an authority of which only the key is known, in DER
 * (SubjectPublicKeyInfo).  It must have signed a certificate of the chain
 * (RFC 7671, 5.2.3).
 */
unsigned int tlsa_anchor_verify_key(
    const struct tlsa_chain *, const gnutls_datum_t *key, const char *name);

#endif
