#include "client/tlsa_anchor.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/der.h"
#include "tls/peer_verify.h"

static void
free_chain(gnutls_x509_crt_t *chain, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		gnutls_x509_crt_deinit(chain[i]);
	free(chain);
}

/* Returns NULL if a certificate is malformed. */
static gnutls_x509_crt_t *
import_chain(const struct tlsa_chain *sent)
{
	gnutls_x509_crt_t *chain = calloc(sent->size, sizeof(*chain));

	for (unsigned int i = 0; chain != NULL && i < sent->size; i++) {
		if (gnutls_x509_crt_init(&chain[i]) < 0) {
			free_chain(chain, i);
			return NULL;
		}
		if (gnutls_x509_crt_import(chain[i], &sent->certificates[i],
			GNUTLS_X509_FMT_DER) < 0) {
			free_chain(chain, i + 1);
			return NULL;
		}
	}
	return chain;
}

unsigned int
tlsa_anchor_verify(const struct tlsa_chain *sent, const gnutls_datum_t *anchor,
    const char *name)
{
	gnutls_typed_vdata_st wanted[] = {
	    {.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)(uintptr_t)name},
	    {.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER},
	};
	gnutls_x509_crt_t *chain = import_chain(sent);
	gnutls_x509_trust_list_t trusted;
	unsigned int status = GNUTLS_CERT_INVALID;

	if (chain == NULL)
		return status;
	if (gnutls_x509_trust_list_init(&trusted, PEER_VERIFY_BUCKETS) == 0) {
		if (gnutls_x509_trust_list_add_trust_mem(trusted, anchor, NULL,
			GNUTLS_X509_FMT_DER, 0, 0) != 1 ||
		    gnutls_x509_trust_list_verify_crt2(trusted, chain,
			sent->size, wanted, sizeof(wanted) / sizeof(wanted[0]),
			0, &status, NULL) < 0)
			status = GNUTLS_CERT_INVALID;
		gnutls_x509_trust_list_deinit(trusted, 1);
	}
	free_chain(chain, sent->size);
	return status;
}

/* The signed part of a certificate (RFC 5280, 4.1: tbsCertificate), which
 * GnuTLS does not hand out.  Returns 0, or -1 if it is malformed. */
static int
find_signed_part(const gnutls_datum_t *certificate, gnutls_datum_t *part)
{
	struct der all = {certificate->data, (int)certificate->size};
	struct der whole, to_be_signed;

	if (der_take(&all, DER_SEQUENCE, &whole) == -1 ||
	    der_take_whole(&whole, DER_SEQUENCE, &to_be_signed) == -1)
		return -1;
	part->data = (unsigned char *)(uintptr_t)to_be_signed.at;
	part->size = (unsigned int)to_be_signed.size;
	return 0;
}

/* True if `key` signed the certificate. */
static bool
has_signed(const gnutls_datum_t *key, const gnutls_datum_t *certificate)
{
	gnutls_datum_t part, signature = {NULL, 0};
	gnutls_x509_crt_t parsed = NULL;
	gnutls_pubkey_t public_key = NULL;
	size_t size = 0;
	bool has = false;
	int algorithm;

	if (find_signed_part(certificate, &part) == -1 ||
	    gnutls_x509_crt_init(&parsed) < 0 ||
	    gnutls_pubkey_init(&public_key) < 0 ||
	    gnutls_x509_crt_import(parsed, certificate, GNUTLS_X509_FMT_DER) <
		0 ||
	    gnutls_pubkey_import(public_key, key, GNUTLS_X509_FMT_DER) < 0)
		goto out;
	algorithm = gnutls_x509_crt_get_signature_algorithm(parsed);
	(void)gnutls_x509_crt_get_signature(parsed, NULL, &size);
	signature.data = gnutls_malloc(size);
	signature.size = (unsigned int)size;
	has =
	    algorithm > 0 && signature.data != NULL &&
	    gnutls_x509_crt_get_signature(
		parsed, (char *)signature.data, &size) == 0 &&
	    gnutls_pubkey_verify_data2(public_key,
		(gnutls_sign_algorithm_t)algorithm, 0, &part, &signature) >= 0;
out:
	gnutls_free(signature.data);
	if (public_key != NULL)
		gnutls_pubkey_deinit(public_key);
	if (parsed != NULL)
		gnutls_x509_crt_deinit(parsed);
	return has;
}

unsigned int
tlsa_anchor_verify_key(
    const struct tlsa_chain *sent, const gnutls_datum_t *key, const char *name)
{
	unsigned int status =
	    GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND;

	/* What the key signed is the anchor in its place. */
	for (unsigned int i = 0;
	     i < sent->size && (status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0;
	     i++)
		if (has_signed(key, &sent->certificates[i]))
			status = tlsa_anchor_verify(
			    sent, &sent->certificates[i], name);
	return status;
}
