#include "client/tlsa_match.h"

#include <stdint.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "client/tlsa_anchor.h"

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

bool
tlsa_is_of(const struct tlsa *t, const gnutls_datum_t *certificate)
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

/* True if the chain was found to lead to a record's authority, and is invalid
 * for another cause. */
static bool
is_explained(unsigned int status)
{
	return status != 0 && status != GNUTLS_CERT_INVALID &&
	       (status & GNUTLS_CERT_SIGNER_NOT_FOUND) == 0;
}

/*
 * Usage 2: an authority that the server sent, or that the record has in full.
 * If there is one but the chain is not valid, `status` says why.
 */
static bool
anchors(
    const struct tlsa *t, const struct tlsa_peer *peer, unsigned int *status)
{
	const struct tlsa_chain *chain = &peer->chain;
	const gnutls_datum_t whole = {(void *)(uintptr_t)t->data, t->size};
	bool sent = false;

	/* The server's own certificate is no issuer (RFC 7671, 5.2), not even
	 * if it was sent twice. */
	if (tlsa_is_of(t, &chain->certificates[0]))
		return false;
	for (unsigned int i = 1; i < chain->size; i++) {
		unsigned int found;

		if (!tlsa_is_of(t, &chain->certificates[i]))
			continue;
		sent = true;
		found = tlsa_anchor_verify(
		    chain, &chain->certificates[i], peer->name);
		if (found == 0)
			return true;
		if (!is_explained(*status))
			*status = found;
	}
	if (sent || t->matching != TLSA_EXACT)
		return false;
	*status = t->selector == TLSA_CERTIFICATE
	              ? tlsa_anchor_verify(chain, &whole, peer->name)
	              : tlsa_anchor_verify_key(chain, &whole, peer->name);
	return *status == 0;
}

static bool
record_matches(
    const struct tlsa *t, const struct tlsa_peer *peer, unsigned int *status)
{
	switch ((enum tlsa_usage)t->usage) {
	case TLSA_PKIX_TA:
		for (unsigned int i = 1; i < peer->path.size; i++)
			if (tlsa_is_of(t, &peer->path.certificates[i]))
				return true;
		return false;
	case TLSA_PKIX_EE:
		return peer->path.size > 0 &&
		       tlsa_is_of(t, &peer->path.certificates[0]);
	case TLSA_DANE_TA:
		return anchors(t, peer, status);
	case TLSA_DANE_EE:
		return tlsa_is_of(t, &peer->chain.certificates[0]);
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

void
tlsa_check(const struct tlsa *records, size_t count,
    const struct tlsa_peer *peer, struct tlsa_result *result)
{
	*result = (struct tlsa_result){.verdict = TLSA_UNUSABLE};
	for (size_t i = 0; i < count; i++) {
		const struct tlsa *t = &records[i];
		unsigned int status = 0;

		if (!tlsa_is_known(t) || is_outdone(t, records, count) ||
		    (peer->without_pkix && t->usage <= TLSA_PKIX_EE))
			continue;
		if (record_matches(t, peer, &status)) {
			*result = (struct tlsa_result){TLSA_MATCHED, t, 0};
			return;
		}
		result->verdict = TLSA_MISMATCH;
		if (result->chain_status == 0 && is_explained(status)) {
			result->chain_status = status;
			result->record = t;
		}
		if (result->record == NULL)
			result->record = t;
	}
}
