#include "unit_tlsa.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "unit.h"

struct tlsa
unit_tlsa_of(const struct unit_certificate *c, uint8_t usage, uint8_t selector,
    uint8_t matching)
{
	struct tlsa t = {
	    .usage = usage, .selector = selector, .matching = matching};
	gnutls_datum_t spki, octets = c->der;
	gnutls_pubkey_t key;

	ck_assert_int_eq(gnutls_pubkey_init(&key), 0);
	ck_assert_int_eq(gnutls_pubkey_import_x509(key, c->crt, 0), 0);
	ck_assert_int_eq(
	    gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki), 0);
	if (selector == TLSA_PUBLIC_KEY)
		octets = spki;
	if (matching == TLSA_EXACT) {
		t.size = (uint16_t)octets.size;
		memcpy(t.data, octets.data, octets.size);
	} else {
		t.size = matching == TLSA_SHA256 ? 32 : 64;
		gnutls_hash_fast(matching == TLSA_SHA256 ? GNUTLS_DIG_SHA256
							 : GNUTLS_DIG_SHA512,
		    octets.data, octets.size, t.data);
	}
	gnutls_pubkey_deinit(key);
	gnutls_free(spki.data);
	return t;
}
