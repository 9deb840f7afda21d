/*
 * OCSP responses: which may be stapled, and what the client says of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "tls/ocsp.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"

static char why[OCSP_TEXT_MAX];

/* Certificates in DER, as GnuTLS holds them. */
struct chain {
	gnutls_datum_t subject, issuer;
};

static gnutls_datum_t
read_der(const char *name)
{
	gnutls_datum_t pem, der;

	ck_assert_int_eq(gnutls_load_file(unit_file(name), &pem), 0);
	ck_assert_int_eq(
	    gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der), 0);
	gnutls_free(pem.data);
	return der;
}

static struct chain
read_chain(void)
{
	return (struct chain){read_der("ecdsa-cert.pem"), read_der("ca.pem")};
}

static void
free_chain(struct chain *chain)
{
	gnutls_free(chain->subject.data);
	gnutls_free(chain->issuer.data);
}

/*
 * Has openssl(1) write response.der: `signer` says that the certificate of
 * `name` is `status`, a line's beginning in the index of openssl-ca(1).
 */
static gnutls_datum_t
respond(const char *name, const char *status, const char *signer)
{
	static const char form[] =
	    "cd %s && serial=$(openssl x509 -noout -serial -in %s-cert.pem) && "
	    "printf '%s\\t%%s\\tunknown\\t/CN=it\\n' \"${serial#*=}\" >index "
	    "&& "
	    "openssl ocsp -index index -CA ca.pem -issuer ca.pem -rsigner "
	    "%s.pem -rkey %s-key.pem -cert %s-cert.pem -nmin 60 -respout "
	    "response.der >openssl.log 2>&1";
	char command[2048];
	gnutls_datum_t response;

	snprintf(command, sizeof(command), form, unit_file(""), name, status,
	    signer, signer, name);
	ck_assert_msg(system(command) == 0, "openssl: see openssl.log");
	ck_assert_int_eq(
	    gnutls_load_file(unit_file("response.der"), &response), 0);
	return response;
}

#define GOOD "V\\t491231235959Z\\t"
#define REVOKED "R\\t491231235959Z\\t250101000000Z"

/* The response may be stapled to the chain; it is given back in DER. */
static void
expect_good(const gnutls_datum_t *response)
{
	struct chain chain = read_chain();
	gnutls_datum_t der = {NULL, 0};
	int ret =
	    ocsp_check(response, &chain.subject, &chain.issuer, &der, why);

	ck_assert_msg(ret == 0, "%s", why);
	ck_assert_uint_gt(der.size, 0);
	gnutls_free(der.data);
	free_chain(&chain);
}

static void
expect_refusal(gnutls_datum_t response, const char *want)
{
	struct chain chain = read_chain();
	gnutls_datum_t der = {NULL, 0};

	ck_assert_int_eq(
	    ocsp_check(&response, &chain.subject, &chain.issuer, &der, why),
	    -1);
	ck_assert_str_eq(why, want);
	free_chain(&chain);
}

START_TEST(takes_a_good_one_in_either_form)
{
	gnutls_datum_t der = respond("ecdsa", GOOD, "ca"), pem;

	expect_good(&der);
	ck_assert_int_eq(
	    gnutls_pem_base64_encode2("OCSP RESPONSE", &der, &pem), 0);
	expect_good(&pem);
	gnutls_free(pem.data);
	gnutls_free(der.data);
}
END_TEST

START_TEST(refuses_what_says_nothing_good)
{
	gnutls_datum_t revoked = respond("ecdsa", REVOKED, "ca");
	gnutls_datum_t another = respond("rsa", GOOD, "ca");
	gnutls_datum_t forged = respond("ecdsa", GOOD, "other-ca");
	/* RFC 6960, 4.2.1: unauthorized. */
	unsigned char no_answer[] = {0x30, 3, 0x0a, 1, 6};

	expect_refusal(revoked, "it says that the certificate is revoked");
	expect_refusal(another, "it is about another certificate");
	expect_refusal(forged, "it is not signed by the certificate's issuer");
	expect_refusal((gnutls_datum_t){no_answer, sizeof(no_answer)},
	    "the responder had no answer");
	gnutls_free(revoked.data);
	gnutls_free(another.data);
	gnutls_free(forged.data);
}
END_TEST

START_TEST(refuses_what_is_no_response)
{
	static char rubbish[] = "rubbish", pem[] =
					       "-----BEGIN OCSP RESPONSE-----"
					       "\nAAAA\n"
					       "-----END OCSP RESPONSE-----\n";
	static const char none[] = "it is no OCSP response, or a damaged one";

	expect_refusal((gnutls_datum_t){(void *)rubbish, 0}, "it is empty");
	expect_refusal((gnutls_datum_t){(void *)rubbish, 7}, none);
	expect_refusal((gnutls_datum_t){(void *)pem, sizeof(pem) - 1}, none);
}
END_TEST

/* What a client that verifies says of a server with this response, or none. */
static void
describe(const gnutls_datum_t *response, char *text)
{
	gnutls_certificate_credentials_t ours,
	    theirs = unit_server_credentials("ecdsa");
	gnutls_session_t client, server;

	if (response != NULL)
		ck_assert_int_ge(gnutls_certificate_set_ocsp_status_request_mem(
				     theirs, response, 0, GNUTLS_X509_FMT_DER),
		    0);
	server = unit_server_session(theirs, "NORMAL");
	ck_assert_int_eq(gnutls_certificate_allocate_credentials(&ours), 0);
	ck_assert_int_eq(gnutls_certificate_set_x509_trust_file(
			     ours, unit_file("ca.pem"), GNUTLS_X509_FMT_PEM),
	    1);
	ck_assert_int_eq(
	    gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
	gnutls_set_default_priority(client);
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, ours);
	gnutls_session_set_verify_cert(client, "localhost", 0);
	ck_assert_int_eq(unit_handshake(client, server), 0);
	ocsp_describe(client, text);
	gnutls_deinit(client);
	gnutls_deinit(server);
	gnutls_certificate_free_credentials(ours);
	gnutls_certificate_free_credentials(theirs);
}

START_TEST(a_client_says_what_was_stapled)
{
	static const char good[] = "stapled, good, until 20";
	gnutls_datum_t response = respond("ecdsa", GOOD, "ca");
	char text[OCSP_TEXT_MAX];

	describe(NULL, text);
	ck_assert_str_eq(text, "none stapled");
	describe(&response, text);
	ck_assert_msg(strncmp(text, good, strlen(good)) == 0, "%s", text);
	ck_assert_ptr_null(strstr(text, "not verified"));
	gnutls_free(response.data);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ocsp");
	TCase *c = unit_case(suite, "ocsp");
	int ret;

	unit_files_make();
	tcase_add_test(c, refuses_what_is_no_response);
	if (system("command -v openssl >/dev/null") == 0) {
		tcase_add_test(c, takes_a_good_one_in_either_form);
		tcase_add_test(c, refuses_what_says_nothing_good);
		tcase_add_test(c, a_client_says_what_was_stapled);
	} else
		puts("# openssl, which makes responses, is not installed");
	ret = unit_main(suite);
	unit_files_remove();
	return ret;
}
