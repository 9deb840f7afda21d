#include "tls/pem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TAG_INTEGER 0x02
#define TAG_SEQUENCE 0x30

/* The size of the tag and length of a DER element at `p` (X.690, 8.1.3), or 0
 * if there is none of definite length. */
static size_t
der_head(const uint8_t *p, size_t size)
{
	size_t octets;

	if (size < 2)
		return 0;
	if (p[1] < 0x80)
		return 2;
	octets = p[1] & 0x7f;
	return octets == 0 || octets > 4 || size < 2 + octets ? 0 : 2 + octets;
}

/* True if the octets begin as a PFX does: a SEQUENCE whose first element is the
 * INTEGER 3 (RFC 7292, 4). */
static bool
is_pkcs12(const uint8_t *p, size_t size)
{
	static const uint8_t version[] = {TAG_INTEGER, 1, 3};
	size_t head = der_head(p, size);

	return head > 0 && size >= head + sizeof(version) &&
	       memcmp(p + head, version, sizeof(version)) == 0;
}

const char *
pem_missing(const void *octets, size_t size, const char *label)
{
	const uint8_t *p = octets;
	char mark[64];

	if (size == 0)
		return "it is empty";
	snprintf(mark, sizeof(mark), "%s-----", label);
	if (memmem(p, size, mark, strlen(mark)) != NULL &&
	    memmem(p, size, "-----BEGIN ", 11) != NULL)
		return NULL;
	if (p[0] == TAG_SEQUENCE && der_head(p, size) > 0)
		return is_pkcs12(p, size)
		           ? "it is PKCS #12, and PEM is needed (openssl "
		             "pkcs12 makes it)"
		           : "it is DER, and PEM is needed (openssl x509 or "
		             "pkey makes it)";
	return strcmp(label, "CERTIFICATE") == 0
	           ? "it holds no certificate in PEM"
	           : "it holds no private key in PEM";
}
