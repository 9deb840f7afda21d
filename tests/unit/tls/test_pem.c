/*
 * What is wrong with a file that ought to be PEM.
 */
#include "tls/pem.h"

#include <stdint.h>
#include <string.h>

#include "unit.h"

#define BEGIN(label) "-----BEGIN " label "-----\n"
#define OCTETS(text) \
	{ \
		(unsigned char *)(uintptr_t)(text), sizeof(text) - 1 \
	}
#define NO_CERTIFICATE PEM_CERTIFICATES, GNUTLS_E_NO_CERTIFICATE_FOUND
#define NO_KEY PEM_PRIVATE_KEY, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE
#define PKCS "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"

static const struct {
	gnutls_datum_t file;
	enum pem_content wanted;
	int error;
	const char *why; /* what is said begins like this */
} files[] = {
    {OCTETS(""), NO_CERTIFICATE, "it is empty"},
    {OCTETS("\x30\x82\x01\x00\x30\x82"), NO_CERTIFICATE, "it is DER, and"},
    {OCTETS("\x30\x82\x01\x00\x02\x01\x03"), NO_CERTIFICATE, "it is PKCS #12"},
    {OCTETS("\x30\x80\x02\x01\x03"), NO_KEY, "it is PKCS #12"},
    {OCTETS("\x30\x82\x01\x00" PKCS "\x07\x02"), NO_CERTIFICATE,
	"it is PKCS #7"},
    {OCTETS("\x30\x81\x99\x30\x0d" PKCS "\x05\x0d"), NO_KEY,
	"it is DER and encrypted"},
    {OCTETS("\x30\x81\x99\x30\x0d" PKCS "\x01\x01"), NO_KEY, "it is DER, and"},
    {OCTETS("\x30"), NO_CERTIFICATE, "it holds no certificate"},
    {OCTETS("\x30\x80"), NO_CERTIFICATE, "it holds no certificate"},
    {OCTETS("\x30\x84\x01"), NO_CERTIFICATE, "it holds no certificate"},
    {OCTETS("\x30\xff\x01\x01\x01\x01\x01"), NO_KEY, "it holds no private"},
    {OCTETS("hello\n"), NO_KEY, "it holds no private key"},
    {OCTETS(BEGIN("CERTIFICATE")), NO_KEY, "it holds no private key"},
    {OCTETS("text\n" BEGIN("OPENSSH PRIVATE KEY")), NO_KEY,
	"it is in OpenSSH's own format"},
    {OCTETS(BEGIN("PKCS7")), NO_CERTIFICATE, "it is PKCS #7"},
    {OCTETS(BEGIN("TRUSTED CERTIFICATE")), NO_CERTIFICATE,
	"it holds a TRUSTED CERTIFICATE"},
    {OCTETS(BEGIN("NEW CERTIFICATE REQUEST")), PEM_CERTIFICATES,
	GNUTLS_E_ASN1_TAG_ERROR, "it holds a certificate request"},
    {OCTETS(BEGIN("CERTIFICATE")), PEM_CERTIFICATES,
	GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR, "its PEM is cut short"},
    {OCTETS(BEGIN("PRIVATE KEY")), PEM_PRIVATE_KEY,
	GNUTLS_E_BASE64_DECODING_ERROR, "its PEM is cut short"},
    {OCTETS(BEGIN("PRIVATE KEY")), PEM_PRIVATE_KEY, GNUTLS_E_ASN1_DER_ERROR,
	"it is damaged, or of an algorithm"},
    {OCTETS(BEGIN("RSA PRIVATE KEY")), PEM_PRIVATE_KEY,
	GNUTLS_E_DECRYPTION_FAILED, "it is encrypted"},
    {OCTETS(BEGIN("CERTIFICATE")), PEM_CERTIFICATES, GNUTLS_E_MEMORY_ERROR,
	"Internal error in memory allocation."},
};

START_TEST(is_said)
{
	const char *why =
	    pem_fault(&files[_i].file, files[_i].wanted, files[_i].error);

	ck_assert_msg(strncmp(why, files[_i].why, strlen(files[_i].why)) == 0,
	    "%d: %s", _i, why);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pem");
	TCase *c = unit_case(suite, "pem");

	tcase_add_loop_test(c, is_said, 0, sizeof(files) / sizeof(files[0]));
	return unit_main(suite);
}
