/*
 * What is wrong with a file that ought to be PEM (RFC 7468), in words.
 */
#ifndef PINGTLS_PEM_H
#define PINGTLS_PEM_H

#include <gnutls/gnutls.h>

enum pem_content {
	PEM_CERTIFICATES,
	PEM_PRIVATE_KEY,
};

/*
 * Says why GnuTLS failed with the code `error` to import what was `wanted` from
 * the contents of a file: that they are something else, damaged or encrypted.
 * The string is constant.
 */
const char *pem_fault(
    const gnutls_datum_t *file, enum pem_content wanted, int error);

#endif
