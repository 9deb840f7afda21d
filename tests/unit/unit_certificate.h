/*
 * Certificates that a test makes for itself.
 */
#ifndef PINGTLS_UNIT_CERTIFICATE_H
#define PINGTLS_UNIT_CERTIFICATE_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/x509.h>

#define UNIT_DAY ((time_t)86400)

struct unit_certificate {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t der, pem; /* once it is signed */
};

/*
 * Begins a certificate for `name`, its common name and, unless it is an
 * `authority`, its DNS name; valid from `from` on for ten days.  Extensions may
 * be added before it is signed.
 */
void unit_certificate_begin(
    struct unit_certificate *, const char *name, time_t from, bool authority);

/* Signs it with the issuer's key, which may be its own, and exports it. */
void unit_certificate_sign(
    struct unit_certificate *, const struct unit_certificate *issuer);

/* Both at once. */
void unit_certificate_make(struct unit_certificate *, const char *name,
    time_t from, bool authority, const struct unit_certificate *issuer);

/* Makes another certificate of an authority, for the same key. */
void unit_certificate_make_again(struct unit_certificate *, const char *name,
    time_t from, const struct unit_certificate *before,
    const struct unit_certificate *issuer);

void unit_certificate_free(struct unit_certificate *);

#endif
