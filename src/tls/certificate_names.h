/*
 * The names in a certificate, for people: printable whatever they hold.
 */
#ifndef PINGTLS_CERTIFICATE_NAMES_H
#define PINGTLS_CERTIFICATE_NAMES_H

#include <stddef.h>

#include <gnutls/x509.h>

/* The subject's or the issuer's distinguished name (RFC 4514) or, where it is
 * empty, "(none)". */
void certificate_subject(gnutls_x509_crt_t, char *text, size_t size);
void certificate_issuer(gnutls_x509_crt_t, char *text, size_t size);

/*
 * The subject alternative names (RFC 5280, 4.2.1.6) that are DNS names or
 * addresses, ", " between, "..." behind what does not fit; or the common name
 * where there is none.
 */
void certificate_names(gnutls_x509_crt_t, char *text, size_t size);

/* The one of them that fits `name`, or "". */
void certificate_match(
    gnutls_x509_crt_t, const char *name, char *text, size_t size);

#endif
