/*
 * The names in a certificate as text, made printable (printable.h).
 */
#ifndef PINGTLS_CERTIFICATE_NAMES_H
#define PINGTLS_CERTIFICATE_NAMES_H

#include <stddef.h>

#include <gnutls/x509.h>

/* The distinguished name of the subject or issuer (RFC 4514), or "(none)" if it
 * is empty. */
void certificate_subject(gnutls_x509_crt_t, char *text, size_t size);
void certificate_issuer(gnutls_x509_crt_t, char *text, size_t size);

/*
 * The subject alternative names (RFC 5280, 4.2.1.6) that are DNS names or
 * addresses, separated by ", "; "..." stands for those that do not fit.  If
 * there are none, the common name.
 */
void certificate_names(gnutls_x509_crt_t, char *text, size_t size);

/* The subject alternative name that matches `name`, or "". */
void certificate_match(
    gnutls_x509_crt_t, const char *name, char *text, size_t size);

#endif
