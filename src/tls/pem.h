/*
 * What is wrong with a file that ought to be PEM (RFC 7468), in words.
 */
#ifndef PINGTLS_PEM_H
#define PINGTLS_PEM_H

#include <stddef.h>

/*
 * Says why the `size` octets of a file hold no PEM block whose label ends with
 * `label` ("CERTIFICATE", "PRIVATE KEY"): they are empty, DER, PKCS #12, or
 * something else.  Returns NULL if they hold one.
 */
const char *pem_missing(const void *octets, size_t size, const char *label);

#endif
