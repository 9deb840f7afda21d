/*
 * Recognising the data that TLS signs.
 */
#include "keyholder/signing.h"

#include <string.h>

/* RFC 8446, 4.4.3: 64 spaces, this, an octet 0 and a hash. */
#define SPACES 64
static const char context[] = "TLS 1.3, server CertificateVerify";

/* RFC 8422, 5.4: two randoms, the type of the curve and its number, then a
 * point and its length. */
#define RANDOMS 64
#define POINT_AT (RANDOMS + 4)
#define NAMED_CURVE 3

/* The context is followed by a hash of the handshake: SHA-256 or SHA-384. */
static bool
is_certificate_verify(const uint8_t *octets, size_t size)
{
	size_t head = SPACES + sizeof(context);

	for (size_t i = 0; i < SPACES && i < size; i++)
		if (octets[i] != ' ')
			return false;
	return (size == head + 32 || size == head + 48) &&
	       memcmp(octets + SPACES, context, sizeof(context)) == 0;
}

static bool
is_server_key_exchange(const uint8_t *octets, size_t size)
{
	/* Curves and the length of their points (RFC 8422, 5.1.1 and 5.4.1). */
	static const uint8_t points[][2] = {
	    {23, 65}, {24, 97}, {25, 133}, {29, 32}, {30, 56}};

	if (size < POINT_AT || octets[RANDOMS] != NAMED_CURVE ||
	    octets[RANDOMS + 1] != 0)
		return false;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		if (octets[RANDOMS + 2] == points[i][0])
			return octets[RANDOMS + 3] == points[i][1] &&
			       size == POINT_AT + (size_t)points[i][1];
	return false;
}

/* DigestInfo: an algorithm without parameters, and a hash of its length. */
static gnutls_sign_algorithm_t
scheme_of_digest_info(const uint8_t *octets, size_t size)
{
	/* Up to the hash they differ in the number of the algorithm and in
	 * lengths (RFC 8017, 9.2, note 1). */
	static const uint8_t head[] = {0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60,
	    0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04, 0};
	static const struct {
		uint8_t number, length;
		gnutls_sign_algorithm_t scheme;
	} hashes[] = {
	    {1, 32, GNUTLS_SIGN_RSA_SHA256},
	    {2, 48, GNUTLS_SIGN_RSA_SHA384},
	    {3, 64, GNUTLS_SIGN_RSA_SHA512},
	};
	uint8_t expected[sizeof(head)];

	memcpy(expected, head, sizeof(head));
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		expected[1] = (uint8_t)(sizeof(head) - 2 + hashes[i].length);
		expected[14] = hashes[i].number;
		expected[18] = hashes[i].length;
		if (size == sizeof(head) + hashes[i].length &&
		    memcmp(octets, expected, sizeof(head)) == 0)
			return hashes[i].scheme;
	}
	return GNUTLS_SIGN_UNKNOWN;
}

static bool
is_hash_for(gnutls_sign_algorithm_t scheme, size_t size)
{
	switch (gnutls_sign_get_hash_algorithm(scheme)) {
	case GNUTLS_DIG_SHA256:
		return size == 32;
	case GNUTLS_DIG_SHA384:
		return size == 48;
	case GNUTLS_DIG_SHA512:
		return size == 64;
	default:
		return false;
	}
}

static bool
is_eddsa(gnutls_sign_algorithm_t scheme)
{
	return scheme == GNUTLS_SIGN_EDDSA_ED25519 ||
	       scheme == GNUTLS_SIGN_EDDSA_ED448;
}

/* The signature scheme of a well-formed request, or GNUTLS_SIGN_UNKNOWN. */
static gnutls_sign_algorithm_t
scheme_of(const struct keyholder_request *request)
{
	gnutls_sign_algorithm_t scheme =
	    (gnutls_sign_algorithm_t)request->algorithm;
	const uint8_t *octets = request->octets;
	size_t size = request->size;
	bool right;

	if (request->kind == KEYHOLDER_DATA)
		right = is_eddsa(scheme) &&
		        (is_certificate_verify(octets, size) ||
			    is_server_key_exchange(octets, size));
	else if (request->kind != KEYHOLDER_HASH)
		right = false;
	else if (scheme == GNUTLS_SIGN_RSA_RAW)
		return scheme_of_digest_info(octets, size);
	else
		right = !is_eddsa(scheme) && is_hash_for(scheme, size);
	return right ? scheme : GNUTLS_SIGN_UNKNOWN;
}

bool
signing_allowed(const struct keyholder_request *request, gnutls_privkey_t key,
    gnutls_priority_t policy)
{
	gnutls_sign_algorithm_t scheme = scheme_of(request);
	int kind = gnutls_privkey_get_pk_algorithm(key, NULL);
	const unsigned int *schemes;
	int count;

	/* GnuTLS 3.7.9 writes beyond a buffer if asked to sign with MD2, which
	 * it knows but does not support: only schemes listed here reach it. */
	if (scheme == GNUTLS_SIGN_UNKNOWN ||
	    !gnutls_sign_supports_pk_algorithm(
		scheme, (gnutls_pk_algorithm_t)kind))
		return false;
	count = gnutls_priority_sign_list(policy, &schemes);
	for (int i = 0; i < count; i++)
		if (schemes[i] == (unsigned int)scheme)
			return true;
	return false;
}
