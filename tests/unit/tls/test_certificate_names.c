/*
 * The names in a certificate, printable whatever it holds.
 */
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "tls/certificate_names.h"
#include "unit.h"

static gnutls_x509_crt_t certificate;
static char text[256];

static void
set_up(void)
{
	ck_assert_int_eq(gnutls_x509_crt_init(&certificate), 0);
	ck_assert_int_eq(gnutls_x509_crt_set_version(certificate, 3), 0);
	memset(text, 'x', sizeof(text));
}

static void
tear_down(void)
{
	gnutls_x509_crt_deinit(certificate);
}

static void
add(gnutls_x509_subject_alt_name_t kind, const char *name, unsigned int size)
{
	ck_assert_int_eq(gnutls_x509_crt_set_subject_alt_name(
			     certificate, kind, name, size, GNUTLS_FSAN_APPEND),
	    0);
}

static void
add_host(const char *name)
{
	add(GNUTLS_SAN_DNSNAME, name, (unsigned int)strlen(name));
}

static void
set_common_name(const char *name)
{
	ck_assert_int_eq(gnutls_x509_crt_set_dn_by_oid(certificate,
			     GNUTLS_OID_X520_COMMON_NAME, 0, name,
			     (unsigned int)strlen(name)),
	    0);
}

/* Signs it with a key of its own: only then can its names be read. */
static void
finish(void)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t der;

	ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
	ck_assert_int_eq(
	    gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 256, 0),
	    0);
	gnutls_x509_crt_set_serial(certificate, "\001", 1);
	gnutls_x509_crt_set_activation_time(certificate, 0);
	gnutls_x509_crt_set_expiration_time(certificate, 1);
	gnutls_x509_crt_set_key(certificate, key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(certificate, certificate, key,
			     GNUTLS_DIG_SHA512, 0),
	    0);
	ck_assert_int_eq(
	    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der), 0);
	tear_down();
	ck_assert_int_eq(gnutls_x509_crt_init(&certificate), 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
	gnutls_x509_privkey_deinit(key);
}

START_TEST(makes_text_printable)
{
	char odd[] = "\033[2J \t\177~\200\377\n";

	printable(odd);
	ck_assert_str_eq(odd, ".[2J ..~...");
}
END_TEST

START_TEST(tells_subject_and_issuer)
{
	certificate_subject(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "(none)");
	certificate_issuer(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "(none)");
	ck_assert_int_eq(
	    gnutls_x509_crt_set_dn(certificate, "CN=a,O=b,C=NL", NULL), 0);
	certificate_subject(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "CN=a,O=b,C=NL");
	certificate_subject(certificate, text, 8);
	ck_assert_str_eq(text, "CN=a...");
	set_common_name("\033]0;mine\007");
	certificate_subject(certificate, text, sizeof(text));
	for (const char *c = text; *c != '\0'; c++)
		ck_assert(*c >= ' ' && *c <= '~');
}
END_TEST

START_TEST(lists_hosts_and_addresses)
{
	set_common_name("not.this.example");
	add_host("a.example");
	add(GNUTLS_SAN_RFC822NAME, "me@a.example", 12);
	add(GNUTLS_SAN_IPADDRESS, "\300\000\002\001", 4);
	add(GNUTLS_SAN_IPADDRESS, "\300\000\002", 3);
	add(GNUTLS_SAN_IPADDRESS,
	    " \001\r\270\000\000\000\000\000\000\000\000\000\000\000\001", 16);
	finish();
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "a.example, 192.0.2.1, 2001:db8::1");
}
END_TEST

START_TEST(falls_back_on_the_common_name)
{
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "no name");
	set_common_name("a.example");
	finish();
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "a.example");
	certificate_match(certificate, "a.example", text, sizeof(text));
	ck_assert_str_eq(text, "a.example");
}
END_TEST

/* Then a common name does not count, and is not shown. */
START_TEST(says_which_kind_a_name_is)
{
	set_common_name("a.example");
	add(GNUTLS_SAN_RFC822NAME, "me@a.example", 12);
	add(GNUTLS_SAN_URI, "spiffe://x/y", 12);
	finish();
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "email me@a.example, URI spiffe://x/y");
	certificate_list(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(an_address_is_no_name)
{
	static const unsigned char address[] = {192, 0, 2, 1};

	add_host("192.0.2.1");
	finish();
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "DNS name 192.0.2.1");
	certificate_match_address(
	    certificate, address, sizeof(address), text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

/* What is behind a NUL is shown, and GnuTLS does not take it for the name. */
START_TEST(a_nul_ends_no_name)
{
	static const char names[] = "\x30\x19\x82\x17"
				    "a.example\0.evil.example";

	gnutls_x509_crt_set_extension_by_oid(
	    certificate, GNUTLS_X509EXT_OID_SAN, names, sizeof(names) - 1, 0);
	finish();
	certificate_names(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "a.example..evil.example");
	certificate_match(certificate, "a.example", text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(lists_names_by_lines)
{
	add_host("a.example");
	add(GNUTLS_SAN_RFC822NAME, "me@a.example", 12);
	add(GNUTLS_SAN_IPADDRESS, "\300\000\002\001", 4);
	finish();
	certificate_list(certificate, text, sizeof(text));
	ck_assert_str_eq(text, "a.example\n192.0.2.1");
}
END_TEST

/* However many there are, and however long. */
START_TEST(lists_no_more_than_there_is_room_for)
{
	char name[200];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "host-%02d.example", i);
		add_host(name);
	}
	finish();
	for (size_t size = 8; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		certificate_names(certificate, text, size);
		ck_assert_uint_lt(strlen(text), size);
		ck_assert_ptr_nonnull(strstr(text, "..."));
		if (size < sizeof(text))
			ck_assert_int_eq(text[size], 'x');
	}
	ck_assert_int_eq(
	    strncmp(text, "host-00.example, host-01.example, ", 34), 0);
}
END_TEST

static const struct {
	const char *name, *match;
} matches[] = {
    {"a.example", "a.example"},
    {"A.Example", "a.example"},
    {"x.wild.example", "*.wild.example"},
    {"wild.example", ""},
    {"x.y.wild.example", ""},
    {"xwild.example", ""},
    {"192.0.2.1", ""}, /* no name */
    {"x.example", ""}, /* GnuTLS wants two labels behind a wildcard */
    {"b.example", ""},
    {"", ""},
};

START_TEST(tells_the_name_that_matched)
{
	add_host("a.example");
	add_host("*.wild.example");
	add_host("*.example");
	add(GNUTLS_SAN_IPADDRESS, "\300\000\002\001", 4);
	finish();
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		certificate_match(
		    certificate, matches[i].name, text, sizeof(text));
		ck_assert_str_eq(text, matches[i].match);
	}
	certificate_match_address(certificate,
	    (const unsigned char *)"\300\000\002\001", 4, text, sizeof(text));
	ck_assert_str_eq(text, "192.0.2.1");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("certificate_names");
	TCase *c = unit_case(suite, "certificate_names");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, makes_text_printable);
	tcase_add_test(c, tells_subject_and_issuer);
	tcase_add_test(c, lists_hosts_and_addresses);
	tcase_add_test(c, falls_back_on_the_common_name);
	tcase_add_test(c, says_which_kind_a_name_is);
	tcase_add_test(c, an_address_is_no_name);
	tcase_add_test(c, a_nul_ends_no_name);
	tcase_add_test(c, lists_names_by_lines);
	tcase_add_test(c, lists_no_more_than_there_is_room_for);
	tcase_add_test(c, tells_the_name_that_matched);
	return unit_main(suite);
}
