#include "unit_certificate.h"

#include <string.h>

#include "unit.h"

/* Begins a certificate for the key that is there. */
static void
begin_for_key(
    struct unit_certificate *c, const char *name, time_t from, bool authority)
{
	static unsigned char serial;
	unsigned int length = (unsigned int)strlen(name);

	serial = serial % 127 + 1;
	ck_assert_int_eq(gnutls_x509_crt_init(&c->crt), 0);
	gnutls_x509_crt_set_version(c->crt, 3);
	gnutls_x509_crt_set_serial(c->crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(c->crt, from);
	gnutls_x509_crt_set_expiration_time(c->crt, from + 10 * UNIT_DAY);
	gnutls_x509_crt_set_dn_by_oid(
	    c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, length);
	gnutls_x509_crt_set_key(c->crt, c->key);
	if (authority) {
		gnutls_x509_crt_set_basic_constraints(c->crt, 1, -1);
		gnutls_x509_crt_set_key_usage(c->crt, GNUTLS_KEY_KEY_CERT_SIGN);
	} else
		gnutls_x509_crt_set_subject_alt_name(
		    c->crt, GNUTLS_SAN_DNSNAME, name, length, GNUTLS_FSAN_SET);
}

void
unit_certificate_begin(
    struct unit_certificate *c, const char *name, time_t from, bool authority)
{
	ck_assert_int_eq(gnutls_x509_privkey_init(&c->key), 0);
	ck_assert_int_eq(gnutls_x509_privkey_generate(
			     c->key, GNUTLS_PK_EDDSA_ED25519, 256, 0),
	    0);
	begin_for_key(c, name, from, authority);
}

void
unit_certificate_sign(
    struct unit_certificate *c, const struct unit_certificate *issuer)
{
	ck_assert_int_eq(gnutls_x509_crt_sign2(c->crt, issuer->crt, issuer->key,
			     GNUTLS_DIG_SHA512, 0),
	    0);
	ck_assert_int_eq(
	    gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &c->der), 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &c->pem), 0);
}

void
unit_certificate_make(struct unit_certificate *c, const char *name, time_t from,
    bool authority, const struct unit_certificate *issuer)
{
	unit_certificate_begin(c, name, from, authority);
	unit_certificate_sign(c, issuer);
}

void
unit_certificate_make_again(struct unit_certificate *c, const char *name,
    time_t from, const struct unit_certificate *before,
    const struct unit_certificate *issuer)
{
	ck_assert_int_eq(gnutls_x509_privkey_init(&c->key), 0);
	ck_assert_int_eq(gnutls_x509_privkey_cpy(c->key, before->key), 0);
	begin_for_key(c, name, from, true);
	unit_certificate_sign(c, issuer);
}

void
unit_certificate_free(struct unit_certificate *c)
{
	gnutls_x509_privkey_deinit(c->key);
	gnutls_x509_crt_deinit(c->crt);
	gnutls_free(c->der.data);
	gnutls_free(c->pem.data);
	memset(c, 0, sizeof(*c));
}
