/*
 * The system's trust store, of which only the authorities that a chain needs
 * are parsed: all of them would take several times the CPU of the handshake.
 */
#ifndef PINGTLS_TRUST_STORE_H
#define PINGTLS_TRUST_STORE_H

#include <gnutls/x509.h>

struct trust_store;

/*
 * Reads the certificates of a file in PEM, before the process is confined;
 * anything else in it is skipped.  Returns NULL with errno if the file cannot
 * be read.
 */
struct trust_store *trust_store_read(const char *file);

/* NULL is allowed. */
void trust_store_free(struct trust_store *);

/* How many certificates it holds; none for NULL. */
unsigned int trust_store_size(const struct trust_store *);

/*
 * Adds those certificates of the store to the list that the `size` certificates
 * of a chain, in DER, name as their issuer, and those with the name of one of
 * the chain, which may be trusted itself.  A verification by GnuTLS looks at no
 * others, so that its verdict is that with the whole store.
 */
void trust_store_add(const struct trust_store *, gnutls_x509_trust_list_t,
    const gnutls_datum_t *chain, unsigned int size);

#endif
