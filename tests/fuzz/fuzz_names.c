/*
 * Fuzzes the names in a certificate as people are shown them.
 *
 * The input: "\D" and a certificate in DER; or a script of names, each a letter
 * and its octets, that a certificate is made of: \c common name, \o
 * organisation, \d DNS name, \a address, \u URI, \m mail address, \x the whole
 * extension of alternative names.
 */
#include <stdlib.h>
#include <string.h>

#include "client/outcome.h"
#include "fuzz.h"
#include "script.h"
#include "tls/certificate_names.h"

static struct fuzz_identity signer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_identity_make(&signer, GNUTLS_PK_EDDSA_ED25519, 0);
	return 0;
}

static void
add_alternative(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t kind,
    const struct step *s)
{
	(void)gnutls_x509_crt_set_subject_alt_name(
	    crt, kind, s->text, (unsigned int)s->length, GNUTLS_FSAN_APPEND);
}

/* What GnuTLS does not take is left out. */
static void
add_name(gnutls_x509_crt_t crt, uint8_t letter, const struct step *s)
{
	unsigned int size = (unsigned int)s->length;

	switch (letter) {
	case 'c':
		(void)gnutls_x509_crt_set_dn_by_oid(
		    crt, GNUTLS_OID_X520_COMMON_NAME, 0, s->text, size);
		break;
	case 'o':
		(void)gnutls_x509_crt_set_dn_by_oid(
		    crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, s->text, size);
		break;
	case 'd':
		add_alternative(crt, GNUTLS_SAN_DNSNAME, s);
		break;
	case 'a':
		add_alternative(crt, GNUTLS_SAN_IPADDRESS, s);
		break;
	case 'u':
		add_alternative(crt, GNUTLS_SAN_URI, s);
		break;
	case 'm':
		add_alternative(crt, GNUTLS_SAN_RFC822NAME, s);
		break;
	case 'x':
		(void)gnutls_x509_crt_set_extension_by_oid(
		    crt, GNUTLS_X509EXT_OID_SAN, s->text, size, 0);
		break;
	default:
		break;
	}
}

/* Makes a certificate, which signs itself, and reads it as it would come from a
 * server.  Returns 0 or a negative GnuTLS code. */
static int
make(gnutls_x509_crt_t crt, const uint8_t *data, size_t size)
{
	struct script script = {data, data + size};
	static struct step step;
	gnutls_x509_crt_t made;
	gnutls_datum_t der = {NULL, 0};
	uint8_t letter = 0;
	int ret;

	gnutls_x509_crt_init(&made);
	gnutls_x509_crt_set_version(made, 3);
	gnutls_x509_crt_set_serial(made, "\001", 1);
	gnutls_x509_crt_set_activation_time(made, 0);
	gnutls_x509_crt_set_expiration_time(made, 0);
	gnutls_x509_crt_set_key(made, signer.key);
	while (script_next(&script, &step)) {
		if (step.operation == 0)
			add_name(made, letter, &step);
		letter = step.operation;
	}
	ret =
	    gnutls_x509_crt_sign2(made, made, signer.key, GNUTLS_DIG_SHA512, 0);
	if (ret == 0)
		ret = gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_DER, &der);
	gnutls_x509_crt_deinit(made);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
	gnutls_free(der.data);
	return ret;
}

/* Whatever the room, the text is printable and keeps to it. */
static void
check(gnutls_x509_crt_t crt, size_t size)
{
	static const unsigned char address[4] = {127, 0, 0, 1};
	char *text = malloc(size);

	FUZZ_REQUIRE(text != NULL);
	certificate_subject(crt, text, size);
	FUZZ_REQUIRE(fuzz_printable(text, size));
	certificate_issuer(crt, text, size);
	FUZZ_REQUIRE(fuzz_printable(text, size));
	certificate_names(crt, text, size);
	FUZZ_REQUIRE(fuzz_printable(text, size));
	certificate_match(crt, "localhost.example", text, size);
	FUZZ_REQUIRE(fuzz_printable(text, size));
	certificate_match_address(crt, address, 4, text, size);
	FUZZ_REQUIRE(fuzz_printable(text, size));
	certificate_list(crt, text, size);
	for (char *lf; (lf = strchr(text, '\n')) != NULL;)
		*lf = ' ';
	FUZZ_REQUIRE(fuzz_printable(text, size));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	int ret;

	gnutls_x509_crt_init(&crt);
	if (size >= 2 && memcmp(data, "\\D", 2) == 0) {
		der.data = (unsigned char *)(uintptr_t)data + 2;
		der.size = (unsigned int)size - 2;
		ret = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
	} else
		ret = make(crt, data, size);
	if (ret == 0) {
		check(crt, 1);
		check(crt, 16);
		check(crt, OUTCOME_NAME_MAX);
	}
	gnutls_x509_crt_deinit(crt);
	return 0;
}
