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
 * addresses, separated by ", ", with "..." at the end if not all fit.  If there
 * are none, those of other kinds, or else the common name.  A name that could
 * be mistaken for one of another kind is prefixed by its own: "email
 * me@example.net", "DNS name 192.0.2.1".
 */
void certificate_names(gnutls_x509_crt_t, char *text, size_t size);

/* Those of them that are DNS names or addresses, without prefixes, separated by
 * LF; the last is "..." if not all fit. */
void certificate_list(gnutls_x509_crt_t, char *text, size_t size);

/*
 * The one of them that matches a DNS name or the `length` octets of an address,
 * or "" if none does, as GnuTLS decides.
 */
void certificate_match(
    gnutls_x509_crt_t, const char *name, char *text, size_t size);
void certificate_match_address(gnutls_x509_crt_t, const unsigned char *address,
    unsigned int length, char *text, size_t size);

#endif
