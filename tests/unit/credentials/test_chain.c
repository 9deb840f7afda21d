/*
 * The chain that is sent, and what is wrong with it.
 */
#include "credentials/chain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/x509-ext.h>

#include "log/log.h"
#include "unit.h"
#include "unit_certificate.h"

enum { OWN, INTERMEDIATE, UPPER, ROOT, STRANGER, OLD, TO_COME, CERTIFICATES };

static struct unit_certificate made[CERTIFICATES];
static struct chain chain;
static time_t now;
static const char *logged;

/* Makes the intermediate authority's certificate once more, for its key. */
static void
make_another(int which, time_t from)
{
	unit_certificate_begin(&made[which], "intermediate", from, true);
	gnutls_x509_crt_set_key(made[which].crt, made[INTERMEDIATE].key);
	unit_certificate_sign(&made[which], &made[ROOT]);
}

static void
set_up(void)
{
	now = time(NULL);
	log_open("test", LOG_TARGET_STDERR, LOG_INFO);
	unit_certificate_make(
	    &made[ROOT], "root", now - UNIT_DAY, true, &made[ROOT]);
	unit_certificate_make(
	    &made[STRANGER], "stranger", now - UNIT_DAY, true, &made[STRANGER]);
	unit_certificate_make(&made[INTERMEDIATE], "intermediate",
	    now - UNIT_DAY, true, &made[ROOT]);
	make_another(OLD, now - 20 * UNIT_DAY);
	make_another(TO_COME, now + UNIT_DAY);
	/* One above them, which issued none of them. */
	unit_certificate_make(
	    &made[UPPER], "upper", now - UNIT_DAY, true, &made[ROOT]);
	unit_certificate_begin(
	    &made[OWN], "mx.example.net", now - UNIT_DAY, false);
}

static void
tear_down(void)
{
	chain_free(&chain);
	for (int i = 0; i < CERTIFICATES; i++)
		unit_certificate_free(&made[i]);
}

/* Parses a file that holds these, in this order, and logs nothing. */
static int
parse(const int *which, size_t count)
{
	char text[8192] = "";
	gnutls_datum_t pem = {(unsigned char *)text, 0};
	int ret;

	for (size_t i = 0; i < count; i++)
		strncat(text, (const char *)made[which[i]].pem.data,
		    made[which[i]].pem.size);
	pem.size = (unsigned int)strlen(text);
	unit_capture_begin(STDERR_FILENO);
	ret = chain_parse(&chain, "cert.pem", &pem, now);
	ck_assert_str_eq(unit_capture_end(), "");
	return ret;
}

/* What is logged is in `logged`. */
static bool
check(void)
{
	bool good;

	unit_capture_begin(STDERR_FILENO);
	good = chain_check(&chain);
	logged = unit_capture_end();
	return good;
}

/* What is warned of is in `logged`. */
static void
warn(bool stapled)
{
	unit_capture_begin(STDERR_FILENO);
	chain_warn(&chain, stapled, now);
	logged = unit_capture_end();
}

static void
assert_sent(const int *which, unsigned int count)
{
	gnutls_datum_t der;

	ck_assert_uint_eq(chain.length, count);
	for (unsigned int i = 0; i < count; i++) {
		ck_assert_int_eq(gnutls_x509_crt_export2(
				     chain.sent[i], GNUTLS_X509_FMT_DER, &der),
		    0);
		ck_assert_uint_eq(der.size, made[which[i]].der.size);
		ck_assert_mem_eq(der.data, made[which[i]].der.data, der.size);
		gnutls_free(der.data);
	}
}

START_TEST(issuers_are_put_in_order)
{
	unit_certificate_sign(&made[OWN], &made[INTERMEDIATE]);
	ck_assert_int_eq(parse((int[]){OWN, ROOT, INTERMEDIATE}, 3), 0);
	assert_sent((int[]){OWN, INTERMEDIATE, ROOT}, 3);
	warn(false);
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(an_issuer_that_is_not_valid_does_not_displace_the_good_one)
{
	static const struct {
		int which;
		const char *said;
	} others[] = {
	    {OLD, "cert.pem: \"CN=intermediate\" expired on "},
	    {TO_COME, "cert.pem: \"CN=intermediate\" is not valid before "},
	};
	int which = others[_i].which;

	unit_certificate_sign(&made[OWN], &made[INTERMEDIATE]);
	ck_assert_int_eq(parse((int[]){OWN, which, INTERMEDIATE}, 3), 0);
	assert_sent((int[]){OWN, INTERMEDIATE}, 2);
	warn(false);
	ck_assert_uint_eq(unit_lines(logged), 1);
	ck_assert_ptr_nonnull(strstr(logged, others[_i].said));
	ck_assert_ptr_nonnull(strstr(logged, ", and is not sent\n"));
}
END_TEST

START_TEST(a_stranger_is_not_sent)
{
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN, STRANGER}, 2), 0);
	assert_sent((int[]){OWN}, 1);
	warn(false);
	ck_assert_uint_eq(unit_lines(logged), 1);
	ck_assert_ptr_nonnull(
	    strstr(logged, "\"CN=stranger\" is not of its chain"));
}
END_TEST

START_TEST(a_certificate_twice)
{
	unit_certificate_sign(&made[OWN], &made[INTERMEDIATE]);
	ck_assert_int_eq(parse((int[]){OWN, OWN, INTERMEDIATE}, 3), 0);
	assert_sent((int[]){OWN, INTERMEDIATE}, 2);
	warn(false);
	ck_assert_str_eq(logged, "test: certificate cert.pem: "
				 "\"CN=mx.example.net\" is in it more than "
				 "once\n");
}
END_TEST

/* The certificate between two of the file is missing: its name is known. */
START_TEST(a_gap)
{
	unit_certificate_sign(&made[OWN], &made[INTERMEDIATE]);
	ck_assert_int_eq(parse((int[]){OWN, UPPER}, 2), 0);
	assert_sent((int[]){OWN}, 1);
	warn(false);
	ck_assert_uint_eq(unit_lines(logged), 2);
	ck_assert_ptr_nonnull(
	    strstr(logged, "\"CN=upper\" is not of its chain"));
	ck_assert_ptr_nonnull(
	    strstr(logged, "\"CN=intermediate\", which issued "
			   "\"CN=mx.example.net\", is missing"));
}
END_TEST

START_TEST(a_missing_issuer)
{
	ck_assert_int_eq(
	    gnutls_x509_crt_set_authority_info_access(made[OWN].crt,
		GNUTLS_IA_CAISSUERS_URI,
		&(gnutls_datum_t){
		    (unsigned char *)(uintptr_t) "http://a.b/", 11}),
	    0);
	unit_certificate_sign(&made[OWN], &made[INTERMEDIATE]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	warn(false);
	ck_assert_ptr_nonnull(
	    strstr(logged, "\"CN=intermediate\", which issued "
			   "\"CN=mx.example.net\", is missing"));
	chain_free(&chain);
	ck_assert_int_eq(parse((int[]){OWN, INTERMEDIATE}, 2), 0);
	warn(false);
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(a_private_authority_may_sign_with_its_root)
{
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	warn(false);
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(a_certificate_for_clients_alone)
{
	gnutls_x509_crt_set_key_purpose_oid(
	    made[OWN].crt, GNUTLS_KP_TLS_WWW_CLIENT, 0);
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	ck_assert(!check());
	ck_assert_ptr_nonnull(strstr(logged, "it is not for TLS servers"));
}
END_TEST

START_TEST(a_key_that_may_not_sign)
{
	static const unsigned int usages[] = {GNUTLS_KEY_KEY_ENCIPHERMENT,
	    GNUTLS_KEY_KEY_AGREEMENT,
	    GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT};

	gnutls_x509_crt_set_key_usage(made[OWN].crt, usages[_i]);
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	if ((usages[_i] & GNUTLS_KEY_DIGITAL_SIGNATURE) != 0) {
		ck_assert(check());
		ck_assert_str_eq(logged, "");
		return;
	}
	ck_assert(!check());
	ck_assert_str_eq(logged,
	    "test: cannot use certificate cert.pem: it is not for digital "
	    "signatures (key usage)\n");
}
END_TEST

START_TEST(one_that_wants_stapling)
{
	gnutls_x509_tlsfeatures_t features;

	gnutls_x509_tlsfeatures_init(&features);
	gnutls_x509_tlsfeatures_add(features, 5);
	gnutls_x509_crt_set_tlsfeatures(made[OWN].crt, features);
	gnutls_x509_tlsfeatures_deinit(features);
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	warn(false);
	ck_assert_ptr_nonnull(strstr(logged, "wants its OCSP response"));
	warn(true);
	ck_assert_str_eq(logged, "");
}
END_TEST

START_TEST(the_end_is_warned_of)
{
	unit_certificate_sign(&made[OWN], &made[ROOT]);
	ck_assert_int_eq(parse((int[]){OWN}, 1), 0);
	unit_capture_begin(STDERR_FILENO);
	chain_warn_of_end(chain.file, chain.sent[0], now);
	logged = unit_capture_end();
	ck_assert_uint_eq(unit_lines(logged), 1);
	ck_assert_ptr_nonnull(strstr(logged, "\"CN=mx.example.net\" ends on"));
	unit_capture_begin(STDERR_FILENO);
	chain_warn_of_end(chain.file, chain.sent[0], now - 10 * UNIT_DAY);
	ck_assert_str_eq(unit_capture_end(), "");
	unit_capture_begin(STDERR_FILENO);
	chain_warn_of_end(chain.file, chain.sent[0], now + 20 * UNIT_DAY);
	ck_assert_ptr_nonnull(strstr(unit_capture_end(), "expired on"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("chain");
	TCase *c = unit_case(suite, "chain");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, issuers_are_put_in_order);
	tcase_add_loop_test(c,
	    an_issuer_that_is_not_valid_does_not_displace_the_good_one, 0, 2);
	tcase_add_test(c, a_stranger_is_not_sent);
	tcase_add_test(c, a_certificate_twice);
	tcase_add_test(c, a_gap);
	tcase_add_test(c, a_missing_issuer);
	tcase_add_test(c, a_private_authority_may_sign_with_its_root);
	tcase_add_test(c, a_certificate_for_clients_alone);
	tcase_add_loop_test(c, a_key_that_may_not_sign, 0, 3);
	tcase_add_test(c, one_that_wants_stapling);
	tcase_add_test(c, the_end_is_warned_of);
	return unit_main(suite);
}
