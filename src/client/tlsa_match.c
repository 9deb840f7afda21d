#include "client/tlsa_match.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#define SHA256_SIZE 32

/* The public key of a certificate in DER (SubjectPublicKeyInfo), to be freed
 * by gnutls_free(). */
static int
export_public_key(const gnutls_datum_t *certificate, gnutls_datum_t *spki)
{
	gnutls_pubkey_t key;
	int ret = gnutls_pubkey_init(&key);

	if (ret < 0)
		return ret;
	ret = gnutls_pubkey_import_x509_raw(
	    key, certificate, GNUTLS_X509_FMT_DER, 0);
	if (ret == 0)
		ret = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, spki);
	gnutls_pubkey_deinit(key);
	return ret;
}

/* True if the record's data is that of the certificate. */
static bool
matches(const struct tlsa *t, const gnutls_datum_t *certificate)
{
	gnutls_datum_t spki = {NULL, 0}, octets = *certificate;
	uint8_t digest[64];
	bool same = false;

	if (t->selector == TLSA_PUBLIC_KEY) {
		if (export_public_key(certificate, &spki) < 0)
			return false;
		octets = spki;
	}
	if (t->matching == TLSA_EXACT)
		same = t->size == octets.size &&
		       memcmp(t->data, octets.data, octets.size) == 0;
	else if (gnutls_hash_fast(t->matching == TLSA_SHA256
				      ? GNUTLS_DIG_SHA256
				      : GNUTLS_DIG_SHA512,
		     octets.data, octets.size, digest) == 0)
		same = memcmp(t->data, digest, t->size) == 0;
	gnutls_free(spki.data);
	return same;
}

int
tlsa_of_certificate(const gnutls_datum_t *certificate, struct tlsa *t)
{
	gnutls_datum_t spki;
	int ret = export_public_key(certificate, &spki);

	if (ret < 0)
		return ret;
	memset(t, 0, sizeof(*t));
	t->usage = TLSA_DANE_EE;
	t->selector = TLSA_PUBLIC_KEY;
	t->matching = TLSA_SHA256;
	t->size = SHA256_SIZE;
	ret =
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, t->data);
	gnutls_free(spki.data);
	return ret;
}

/*
 * True if the peer's chain leads to `anchor`, is valid now, and its own
 * certificate is for the peer's name and for a TLS server.
 */
static bool
leads_to(const struct tlsa_peer *peer, const gnutls_datum_t *anchor)
{
	gnutls_typed_vdata_st wanted[] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)(uintptr_t)peer->name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};
	gnutls_x509_trust_list_t trusted;
	gnutls_x509_crt_t *chain;
	unsigned int status = GNUTLS_CERT_INVALID, size = 0;

	chain = calloc(peer->chain_size, sizeof(*chain));
	if (chain == NULL)
		return false;
	for (; size < peer->chain_size; size++)
		if (gnutls_x509_crt_init(&chain[size]) < 0 ||
		    gnutls_x509_crt_import(chain[size], &peer->chain[size],
			GNUTLS_X509_FMT_DER) < 0)
			break;
	if (gnutls_x509_trust_list_init(&trusted, 0) == 0) {
		if (size == peer->chain_size &&
		    gnutls_x509_trust_list_add_trust_mem(trusted, anchor, NULL,
			GNUTLS_X509_FMT_DER, 0, 0) == 1 &&
		    gnutls_x509_trust_list_verify_crt2(trusted, chain, size,
			wanted, sizeof(wanted) / sizeof(wanted[0]), 0, &status,
			NULL) < 0)
			status = GNUTLS_CERT_INVALID;
		gnutls_x509_trust_list_deinit(trusted, 1);
	}
	for (unsigned int i = 0; i < peer->chain_size; i++)
		if (chain[i] != NULL)
			gnutls_x509_crt_deinit(chain[i]);
	free(chain);
	return status == 0;
}

/* Usage 2: an issuer that the server sent, or a certificate in the record. */
static bool
anchors(const struct tlsa *t, const struct tlsa_peer *peer)
{
	const gnutls_datum_t whole = {(void *)(uintptr_t)t->data, t->size};

	for (unsigned int i = 1; i < peer->chain_size; i++)
		if (matches(t, &peer->chain[i]) &&
		    leads_to(peer, &peer->chain[i]))
			return true;
	return t->selector == TLSA_CERTIFICATE && t->matching == TLSA_EXACT &&
	       leads_to(peer, &whole);
}

static bool
record_matches(const struct tlsa *t, const struct tlsa_peer *peer)
{
	switch ((enum tlsa_usage)t->usage) {
	case TLSA_PKIX_TA:
		for (unsigned int i = 1; i < peer->chain_size; i++)
			if (peer->pkix_verified && matches(t, &peer->chain[i]))
				return true;
		return false;
	case TLSA_PKIX_EE:
		return peer->pkix_verified && matches(t, &peer->chain[0]);
	case TLSA_DANE_TA:
		return anchors(t, peer);
	case TLSA_DANE_EE:
		return matches(t, &peer->chain[0]);
	}
	return false;
}

/* True if another record of the same usage and selector has a stronger digest
 * (RFC 7671, 9). */
static bool
is_outdone(const struct tlsa *t, const struct tlsa *records, size_t count)
{
	if (t->matching != TLSA_SHA256)
		return false;
	for (size_t i = 0; i < count; i++)
		if (tlsa_is_known(&records[i]) &&
		    records[i].usage == t->usage &&
		    records[i].selector == t->selector &&
		    records[i].matching == TLSA_SHA512)
			return true;
	return false;
}

enum tlsa_verdict
tlsa_check(const struct tlsa *records, size_t count,
    const struct tlsa_peer *peer, const struct tlsa **matched)
{
	enum tlsa_verdict verdict = TLSA_UNUSABLE;

	*matched = NULL;
	if (peer->chain_size == 0)
		return TLSA_MISMATCH;
	for (size_t i = 0; i < count; i++) {
		const struct tlsa *t = &records[i];

		if (!tlsa_is_known(t) || is_outdone(t, records, count) ||
		    (peer->without_pkix && t->usage <= TLSA_PKIX_EE))
			continue;
		if (record_matches(t, peer)) {
			*matched = t;
			return TLSA_MATCHED;
		}
		if (*matched == NULL)
			*matched = t;
		verdict = TLSA_MISMATCH;
	}
	return verdict;
}
