#include "tls/pem.h"

#include <stdbool.h>
#include <string.h>

#include <gnutls/gnutls.h>

#define TAG_SEQUENCE 0x30
/* Of a tag and a length that fits in four octets. */
#define HEAD_MAX 6
#define PKCS "\x2a\x86\x48\x86\xf7\x0d\x01" /* 1.2.840.113549.1 */

static const char pkcs7[] = "it is PKCS #7, and certificates in PEM are needed "
			    "(openssl pkcs7 -print_certs makes them)";

/* Makes `d` the content of the SEQUENCE that it begins with (X.690, 8.1), as
 * far as that is there.  Returns false if there is none. */
static bool
enter_sequence(gnutls_datum_t *d)
{
	unsigned int head = 2;

	if (d->size < head || d->data[0] != TAG_SEQUENCE)
		return false;
	if (d->data[1] >= 0x80)
		head += d->data[1] & 0x7f;
	if (head > HEAD_MAX || d->size <= head)
		return false;
	d->data += head;
	d->size -= head;
	return true;
}

static bool
starts_with(const gnutls_datum_t *d, const char *octets)
{
	size_t size = strlen(octets);

	return d->size >= size && memcmp(d->data, octets, size) == 0;
}

/* What a file of DER is, or NULL: it is none. */
static const char *
der_kind(const gnutls_datum_t *file)
{
	gnutls_datum_t content = *file;

	if (!enter_sequence(&content))
		return NULL;
	/* The version of a PFX (RFC 7292, 4). */
	if (starts_with(&content, "\x02\x01\x03"))
		return "it is PKCS #12, and PEM is needed (openssl pkcs12 "
		       "makes it)";
	/* A content type (RFC 2315, 14). */
	if (starts_with(&content, "\x06\x09" PKCS "\x07"))
		return pkcs7;
	/* The algorithm of an encrypted key (RFC 5958, 3) is of PKCS #5 or
	 * PKCS #12. */
	if (enter_sequence(&content) &&
	    (starts_with(&content, "\x06\x09" PKCS "\x05") ||
		starts_with(&content, "\x06\x0a" PKCS "\x0c")))
		return "it is DER and encrypted, and PEM in the clear is "
		       "needed (openssl pkey makes it)";
	return "it is DER, and PEM is needed (openssl x509 or pkey makes it)";
}

/* What a file is that has PEM of another kind, or NULL. */
static const char *
pem_kind(const gnutls_datum_t *file)
{
	static const struct {
		const char *mark, *what;
	} kinds[] = {
	    {"-----BEGIN OPENSSH PRIVATE KEY-----",
		"it is in OpenSSH's own format, and PKCS #8 in PEM is needed"},
	    {"-----BEGIN PKCS7-----", pkcs7},
	    {"-----BEGIN TRUSTED CERTIFICATE-----",
		"it holds a TRUSTED CERTIFICATE of OpenSSL's, and a plain one "
		"is needed (openssl x509 makes it)"},
	    {" CERTIFICATE REQUEST-----",
		"it holds a certificate request, and a certificate is needed"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memmem(file->data, file->size, kinds[i].mark,
			strlen(kinds[i].mark)) != NULL)
			return kinds[i].what;
	return NULL;
}

/* True if the error's name begins like this. */
static bool
is_error_of(int error, const char *family)
{
	const char *name = gnutls_strerror_name(error);

	return name != NULL && strncmp(name, family, strlen(family)) == 0;
}

const char *
pem_fault(const gnutls_datum_t *file, enum pem_content wanted, int error)
{
	const char *kind;

	if (file->size == 0)
		return "it is empty";
	if (error == GNUTLS_E_DECRYPTION_FAILED)
		return "it is encrypted";
	kind = pem_kind(file);
	if (kind != NULL)
		return kind;
	if (is_error_of(error, "GNUTLS_E_BASE64_"))
		return "its PEM is cut short or damaged";
	if (is_error_of(error, "GNUTLS_E_ASN1_"))
		return "it is damaged, or of an algorithm or curve that is not "
		       "supported";
	if (error != GNUTLS_E_NO_CERTIFICATE_FOUND &&
	    error != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return gnutls_strerror(error);
	kind = der_kind(file);
	if (kind != NULL)
		return kind;
	return wanted == PEM_CERTIFICATES ? "it holds no certificate in PEM"
	                                  : "it holds no private key in PEM";
}
