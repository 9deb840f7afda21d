/*
 * Recording the facts of the server's certificate.
 */
#include <stdio.h>

#include "client/tlsa_match.h"
#include "client/verify_internal.h"
#include "tls/certificate_names.h"
#include "tls/ocsp.h"

static void
note_serial(gnutls_x509_crt_t certificate, struct outcome_certificate *c)
{
	unsigned char serial[sizeof(c->serial) / 2];
	size_t size = sizeof(serial);

	if (gnutls_x509_crt_get_serial(certificate, serial, &size) == 0 &&
	    2 * size < sizeof(c->serial))
		for (size_t i = 0; i < size; i++)
			snprintf(c->serial + 2 * i, 3, "%02x", serial[i]);
}

static void
note_key(gnutls_x509_crt_t certificate, struct outcome_certificate *c)
{
	gnutls_ecc_curve_t curve;
	unsigned int bits = 0;
	const char *name;
	int ret = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);

	name = gnutls_pk_get_name((gnutls_pk_algorithm_t)ret);
	snprintf(c->key, sizeof(c->key), "%s", name == NULL ? "unknown" : name);
	/* GnuTLS returns whole octets. */
	if (gnutls_x509_crt_get_pk_ecc_raw(certificate, &curve, NULL, NULL) ==
		0 &&
	    curve == GNUTLS_ECC_CURVE_SECP521R1)
		bits = 521;
	c->key_bits = bits;
	ret = gnutls_x509_crt_get_signature_algorithm(certificate);
	name = gnutls_sign_get_name((gnutls_sign_algorithm_t)ret);
	snprintf(c->signature, sizeof(c->signature), "%s",
	    name == NULL ? "unknown" : name);
}

static void
note_digests(gnutls_session_t session, gnutls_x509_crt_t certificate,
    struct outcome_certificate *c)
{
	const gnutls_datum_t *der = gnutls_certificate_get_peers(session, NULL);
	unsigned char digest[32];
	gnutls_datum_t octets, text;
	size_t size = sizeof(digest);
	struct tlsa record;

	if (gnutls_x509_crt_get_fingerprint(
		certificate, GNUTLS_DIG_SHA256, digest, &size) == 0)
		for (size_t i = 0; i < size; i++)
			snprintf(c->sha256 + 2 * i, 3, "%02x", digest[i]);
	if (der == NULL || tlsa_of_certificate(der, &record) < 0)
		return;
	tlsa_format(&record, c->tlsa, sizeof(c->tlsa));
	octets.data = record.data;
	octets.size = record.size;
	if (gnutls_base64_encode2(&octets, &text) == 0) {
		snprintf(c->spki_sha256, sizeof(c->spki_sha256), "%.*s",
		    (int)text.size, text.data);
		gnutls_free(text.data);
	}
}

/* Records the earliest expiry in the path, which is complete. */
static void
note_chain_end(const struct verify_path *path, struct outcome_certificate *c)
{
	gnutls_x509_crt_t certificate;

	for (unsigned int i = 0;
	     (certificate = verify_path_at(path, i)) != NULL; i++) {
		int64_t end = gnutls_x509_crt_get_expiration_time(certificate);

		if (i > 0 && end >= c->chain_not_after)
			continue;
		c->chain_not_after = end;
		certificate_subject(
		    certificate, c->chain_ends, sizeof(c->chain_ends));
	}
}

void
verify_note_facts(struct verifier *v, gnutls_session_t session,
    const struct verify_path *path)
{
	struct outcome *o = v->outcome;
	struct outcome_certificate *c = &o->certificate;
	gnutls_x509_crt_t certificate = path->sent[0];

	c->seen = true;
	certificate_subject(certificate, c->subject, sizeof(c->subject));
	certificate_issuer(certificate, c->issuer, sizeof(c->issuer));
	certificate_list(certificate, c->names, sizeof(c->names));
	if (v->server->name->is_address)
		certificate_match_address(certificate, v->server->name->address,
		    v->server->name->address_size, c->matched,
		    sizeof(c->matched));
	else
		certificate_match(certificate, v->server->name->name,
		    c->matched, sizeof(c->matched));
	note_serial(certificate, c);
	note_key(certificate, c);
	note_digests(session, certificate, c);
	c->not_before = gnutls_x509_crt_get_activation_time(certificate);
	c->not_after = gnutls_x509_crt_get_expiration_time(certificate);
	if (o->verified == OUTCOME_YES || path->anchor != NULL)
		note_chain_end(path, c);
	ocsp_describe(session, o->ocsp);
}
