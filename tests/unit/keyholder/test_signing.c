/*
 * What the keyholder signs, and what it does not.
 */
#include "keyholder/signing.h"

#include <stdint.h>
#include <string.h>

#include <gnutls/x509.h>

#include "unit.h"
#include "unit_keyholder.h"

static gnutls_privkey_t rsa, ecdsa, ed25519, ed448;

static gnutls_privkey_t
make_key(gnutls_pk_algorithm_t algorithm, unsigned int bits)
{
	gnutls_privkey_t key;

	ck_assert_int_eq(gnutls_privkey_init(&key), 0);
	ck_assert_int_eq(gnutls_privkey_generate(key, algorithm, bits, 0), 0);
	return key;
}

static void
set_up(void)
{
	rsa = make_key(GNUTLS_PK_RSA, 2048);
	ecdsa = make_key(
	    GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	ed25519 = make_key(GNUTLS_PK_EDDSA_ED25519, 0);
	ed448 = make_key(GNUTLS_PK_EDDSA_ED448, 0);
}

static void
tear_down(void)
{
	gnutls_privkey_deinit(rsa);
	gnutls_privkey_deinit(ecdsa);
	gnutls_privkey_deinit(ed25519);
	gnutls_privkey_deinit(ed448);
}

static bool
allowed(gnutls_privkey_t key, enum keyholder_kind kind,
    gnutls_sign_algorithm_t scheme, const void *octets, size_t size)
{
	struct keyholder_request request = {
	    .kind = kind,
	    .algorithm = (uint32_t)scheme,
	    .size = (uint32_t)size,
	};

	memcpy(request.octets, octets, size);
	return signing_allowed(&request, key, unit_policy());
}

static bool
hash_allowed(gnutls_privkey_t key, gnutls_sign_algorithm_t scheme, size_t size)
{
	static const uint8_t hash[KEYHOLDER_DATA_MAX];

	return allowed(key, KEYHOLDER_HASH, scheme, hash, size);
}

/*
 * GnuTLS 3.7.9 takes an RSA-PSS hash to be as long as it should be, and signs
 * what lies behind a shorter one: an octet less a time, that would tell the
 * keyholder's memory.
 */
START_TEST(a_hash_as_long_as_its_schemes)
{
	static const struct {
		gnutls_privkey_t *key;
		gnutls_sign_algorithm_t scheme;
		size_t size;
	} cases[] = {
	    {&rsa, GNUTLS_SIGN_RSA_SHA256, 32},
	    {&rsa, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32},
	    {&rsa, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 48},
	    {&rsa, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 64},
	    {&ecdsa, GNUTLS_SIGN_ECDSA_SHA256, 32},
	    {&ecdsa, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 32},
	    {&ecdsa, GNUTLS_SIGN_ECDSA_SHA384, 48},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t size = 0; size <= KEYHOLDER_DATA_MAX; size++)
			ck_assert_msg(
			    hash_allowed(*cases[i].key, cases[i].scheme,
				size) == (size == cases[i].size),
			    "%s of %zu octets",
			    gnutls_sign_get_name(cases[i].scheme), size);
}
END_TEST

/* MD2, by which GnuTLS 3.7.9 writes past the end of a buffer, and others. */
START_TEST(no_weak_hash)
{
	static const gnutls_sign_algorithm_t schemes[] = {GNUTLS_SIGN_RSA_MD2,
	    GNUTLS_SIGN_RSA_MD5, GNUTLS_SIGN_RSA_SHA1, GNUTLS_SIGN_RSA_RMD160,
	    GNUTLS_SIGN_RSA_SHA224, GNUTLS_SIGN_RSA_SHA3_256,
	    GNUTLS_SIGN_ECDSA_SHA1, GNUTLS_SIGN_ECDSA_SHA224};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		for (size_t size = 0; size <= KEYHOLDER_DATA_MAX; size++) {
			ck_assert(!hash_allowed(rsa, schemes[i], size));
			ck_assert(!hash_allowed(ecdsa, schemes[i], size));
		}
}
END_TEST

START_TEST(no_scheme_of_another_key)
{
	ck_assert(!hash_allowed(rsa, GNUTLS_SIGN_ECDSA_SHA256, 32));
	ck_assert(!hash_allowed(ecdsa, GNUTLS_SIGN_RSA_SHA256, 32));
	ck_assert(!hash_allowed(ed25519, GNUTLS_SIGN_EDDSA_ED25519, 32));
	ck_assert(
	    !hash_allowed(ecdsa, (gnutls_sign_algorithm_t)UINT32_MAX, 32));
	ck_assert(!hash_allowed(ecdsa, (gnutls_sign_algorithm_t)1000, 32));
}
END_TEST

START_TEST(no_scheme_beyond_the_policy)
{
	static const uint8_t hash[32];
	struct keyholder_request request = {
	    .kind = KEYHOLDER_HASH,
	    .algorithm = GNUTLS_SIGN_ECDSA_SHA256,
	    .size = sizeof(hash),
	};
	gnutls_priority_t policy;

	ck_assert_int_eq(gnutls_priority_init(&policy,
			     "NORMAL:-SIGN-ALL:+SIGN-ECDSA-SHA384", NULL),
	    0);
	ck_assert(!signing_allowed(&request, ecdsa, policy));
	request.algorithm = GNUTLS_SIGN_ECDSA_SHA384;
	request.size = 48;
	ck_assert(signing_allowed(&request, ecdsa, policy));
	gnutls_priority_deinit(policy);
}
END_TEST

START_TEST(raw_rsa_of_a_digest_info_only)
{
	/* RFC 8017, 9.2, note 1. */
	static const uint8_t sha256[19 + 32] = {0x30, 0x31, 0x30, 0x0d, 0x06,
	    0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
	    0x00, 0x04, 0x20};
	static const uint8_t sha512[19 + 64] = {0x30, 0x51, 0x30, 0x0d, 0x06,
	    0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
	    0x00, 0x04, 0x40};
	static const uint8_t sha1[15 + 20] = {0x30, 0x21, 0x30, 0x09, 0x06,
	    0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
	uint8_t wrong[sizeof(sha256)];

	ck_assert(allowed(
	    rsa, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW, sha256, sizeof(sha256)));
	ck_assert(allowed(
	    rsa, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW, sha512, sizeof(sha512)));
	ck_assert(!allowed(
	    rsa, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW, sha1, sizeof(sha1)));
	for (size_t size = 0; size < sizeof(sha256); size++)
		ck_assert(!allowed(
		    rsa, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW, sha256, size));
	for (size_t i = 0; i < 19; i++) {
		memcpy(wrong, sha256, sizeof(wrong));
		wrong[i] ^= 1;
		ck_assert(!allowed(rsa, KEYHOLDER_HASH, GNUTLS_SIGN_RSA_RAW,
		    wrong, sizeof(wrong)));
	}
	for (size_t size = 0; size <= 64; size++)
		ck_assert(!hash_allowed(rsa, GNUTLS_SIGN_RSA_RAW, size));
}
END_TEST

static bool
data_allowed(const uint8_t *octets, size_t size)
{
	bool is = allowed(
	    ed25519, KEYHOLDER_DATA, GNUTLS_SIGN_EDDSA_ED25519, octets, size);

	ck_assert(is == allowed(ed448, KEYHOLDER_DATA, GNUTLS_SIGN_EDDSA_ED448,
			    octets, size));
	/* Never as a hash, nor by a scheme that signs hashes. */
	ck_assert(!allowed(
	    ed25519, KEYHOLDER_HASH, GNUTLS_SIGN_EDDSA_ED25519, octets, size));
	ck_assert(!allowed(
	    ecdsa, KEYHOLDER_DATA, GNUTLS_SIGN_ECDSA_SHA256, octets, size));
	return is;
}

START_TEST(eddsa_of_a_certificate_verify)
{
	uint8_t octets[KEYHOLDER_DATA_MAX] = {0};

	memcpy(octets, unit_to_sign.data, unit_to_sign.size);
	for (size_t size = 0; size <= sizeof(octets); size++)
		ck_assert(data_allowed(octets, size) ==
			  (size == 64 + 34 + 32 || size == 64 + 34 + 48));
	/* A client's (RFC 8446, 4.4.3), and any other beginning. */
	memcpy(octets + 64, "TLS 1.3, client CertificateVerify", 34);
	ck_assert(!data_allowed(octets, 64 + 34 + 32));
	for (size_t i = 0; i < 64 + 34; i++) {
		memcpy(octets, unit_to_sign.data, unit_to_sign.size);
		octets[i] ^= 1;
		ck_assert(!data_allowed(octets, 64 + 34 + 32));
	}
}
END_TEST

START_TEST(eddsa_of_a_server_key_exchange)
{
	static const uint8_t points[][2] = {
	    {23, 65}, {24, 97}, {25, 133}, {29, 32}, {30, 56}};
	uint8_t octets[KEYHOLDER_DATA_MAX] = {0};

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		octets[64] = 3;
		octets[66] = points[i][0];
		octets[67] = points[i][1];
		for (size_t size = 0; size <= sizeof(octets); size++)
			ck_assert(data_allowed(octets, size) ==
				  (size == 68U + points[i][1]));
		octets[64] = 1; /* a curve by its parameters */
		ck_assert(!data_allowed(octets, 68U + points[i][1]));
		octets[64] = 3;
		octets[65] = 1; /* and one that there is not */
		ck_assert(!data_allowed(octets, 68U + points[i][1]));
		octets[65] = 0;
	}
}
END_TEST

START_TEST(nothing_else)
{
	static const uint8_t text[] = "I owe you.";

	ck_assert(!data_allowed(text, sizeof(text)));
	ck_assert(!allowed(ed25519, KEYHOLDER_PREPARE,
	    GNUTLS_SIGN_EDDSA_ED25519, text, sizeof(text)));
	ck_assert(!allowed(
	    ecdsa, (enum keyholder_kind)99, GNUTLS_SIGN_ECDSA_SHA256, text, 0));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("signing");
	TCase *c = unit_case(suite, "signing");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_hash_as_long_as_its_schemes);
	tcase_add_test(c, no_weak_hash);
	tcase_add_test(c, no_scheme_of_another_key);
	tcase_add_test(c, no_scheme_beyond_the_policy);
	tcase_add_test(c, raw_rsa_of_a_digest_info_only);
	tcase_add_test(c, eddsa_of_a_certificate_verify);
	tcase_add_test(c, eddsa_of_a_server_key_exchange);
	tcase_add_test(c, nothing_else);
	return unit_main(suite);
}
