/*
 * The system's trust store, of which only the authorities that a chain needs
 * are parsed: all of them would take several times the CPU of the handshake.
 */
#ifndef PINGTLS_TRUST_STORE_H
#define PINGTLS_TRUST_STORE_H

#include <gnutls/x509.h>

/*
 * Adds those certificates of `file` to the list that the `size` certificates of
 * a chain, in DER, name as their issuer, and those with the name of one of the
 * chain, which may be trusted itself.  A verification by GnuTLS looks at no
 * others, so that its verdict is that with the whole store.  The file holds
 * PEM; what GnuTLS cannot parse is skipped.  Returns how many certificates the
 * file holds, or -1 with errno if it cannot be read.
 */
int trust_store_add(const char *file, gnutls_x509_trust_list_t,
    const gnutls_datum_t *chain, unsigned int size);

#endif
