/*
 * What the client trusts and who it is: what loads, what is refused with one
 * line, what it tells a server, and the facts of the server's certificate.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "client/tlsa_match.h"
#include "client/verify.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"

static struct verify_options options;
static const char *wanted; /* the name to verify */
static struct tlsa record;
static bool with_dane, without_pkix;
static struct outcome outcome;
static char why[VERIFY_TEXT_MAX];

static void
set_up(void)
{
	options = (struct verify_options){.ca_file = unit_file("ca.pem")};
	wanted = "localhost";
	with_dane = without_pkix = false;
	why[0] = '\0';
}

static struct verifier *
load(void)
{
	struct verifier *t = verify_new(&options, why);

	ck_assert_msg(t != NULL, "%s", why);
	return t;
}

static void
expect_refusal(const char *format, const char *file)
{
	char want[VERIFY_TEXT_MAX];

	ck_assert_ptr_null(verify_new(&options, why));
	snprintf(want, sizeof(want), "%s%s", format, file);
	ck_assert_str_eq(why, want);
}

START_TEST(refuses_authorities_that_cannot_be_read)
{
	static const char rubbish[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
				      "-----END CERTIFICATE-----\n";
	char want[VERIFY_TEXT_MAX];

	options.ca_file = "/nowhere/ca.pem";
	expect_refusal(
	    "cannot read /nowhere/ca.pem: ", "No such file or directory");
	options.ca_file = unit_file_write("empty.pem", "", 0);
	ck_assert_ptr_null(verify_new(&options, why));
	snprintf(want, sizeof(want), "cannot use %s: ", options.ca_file);
	ck_assert_int_eq(strncmp(why, want, strlen(want)), 0);
	options.ca_file =
	    unit_file_write("rubbish.pem", rubbish, sizeof(rubbish) - 1);
	ck_assert_ptr_null(verify_new(&options, why));
	snprintf(want, sizeof(want), "cannot use %s: ", options.ca_file);
	ck_assert_int_eq(strncmp(why, want, strlen(want)), 0);
}
END_TEST

START_TEST(refuses_an_identity_that_cannot_be_used)
{
	char want[VERIFY_TEXT_MAX];

	options.certificate_file = unit_file("client-cert.pem");
	options.key_file = "/nowhere/key.pem";
	expect_refusal(
	    "cannot read /nowhere/key.pem: ", "No such file or directory");
	options.key_file = unit_file("rsa-key.pem");
	ck_assert_ptr_null(verify_new(&options, why));
	snprintf(want, sizeof(want), "key %s does not match certificate %s",
	    options.key_file, options.certificate_file);
	ck_assert_str_eq(why, want);
	options.key_file = options.certificate_file;
	ck_assert_ptr_null(verify_new(&options, why));
	snprintf(want, sizeof(want), "cannot use %s: ", options.key_file);
	ck_assert_int_eq(strncmp(why, want, strlen(want)), 0);
}
END_TEST

START_TEST(refuses_a_priority_it_does_not_understand)
{
	options.priority = "NORML";
	expect_refusal("cannot use TLS priority \"NORML\": ",
	    "\"NORML\" is not understood");
}
END_TEST

/* A conversation with a server that has the pair `name`; the sessions go to
 * `client` and `server` and are to be freed. */
static int
meet(struct verifier *t, const char *name, const char *priority,
    gnutls_session_t *client, gnutls_session_t *server)
{
	gnutls_certificate_credentials_t credentials =
	    unit_server_credentials(name);
	static struct host_name host;
	static struct verify_server about;
	int ret;

	ck_assert_ptr_null(host_name_parse(wanted, &host));
	outcome_init(&outcome);
	about = (struct verify_server){
	    .name = &host,
	    .records = with_dane ? &record : NULL,
	    .record_count = with_dane,
	    .without_pkix = without_pkix,
	};
	*client = verify_session(t, &about, &outcome, &ret);
	ck_assert_ptr_nonnull(*client);
	*server = unit_server_session(credentials, priority);
	ret = unit_handshake(*client, *server);
	/* Nothing more is signed. */
	gnutls_credentials_clear(*server);
	gnutls_certificate_free_credentials(credentials);
	return ret;
}

static void
part(gnutls_session_t client, gnutls_session_t server)
{
	gnutls_deinit(client);
	gnutls_deinit(server);
}

/* The name that the client asks for is a host's, without the dot of the root:
 * SNI has no addresses. */
START_TEST(asks_for_a_host_by_its_name)
{
	static const char *const names[][2] = {{"localhost", "localhost"},
	    {"localhost.", "localhost"}, {"127.0.0.1", ""}, {"127.1", ""},
	    {"0x7f000001", ""}, {"::1%lo", ""}};
	gnutls_session_t client, server;
	struct verifier *t;
	char asked[256];
	size_t size;
	unsigned int type;
	int ret;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		wanted = names[i][0];
		t = load();
		ck_assert_int_eq(
		    meet(t, "ecdsa", "NORMAL", &client, &server), 0);
		size = sizeof(asked);
		ret = gnutls_server_name_get(server, asked, &size, &type, 0);
		if (ret < 0)
			asked[0] = '\0';
		ck_assert_str_eq(asked, names[i][1]);
		part(client, server);
		verify_free(t);
	}
}
END_TEST

START_TEST(shows_its_own_certificate_when_asked)
{
	gnutls_session_t client, server;
	gnutls_datum_t pem, der;
	const gnutls_datum_t *shown;
	struct verifier *t = load();
	unsigned int count;

	ck_assert_int_eq(meet(t, "ecdsa", "NORMAL", &client, &server), 0);
	ck_assert_ptr_null(gnutls_certificate_get_peers(server, &count));
	part(client, server);
	verify_free(t);

	options.certificate_file = unit_file("client-cert.pem");
	options.key_file = unit_file("client-key.pem");
	t = load();
	ck_assert_int_eq(meet(t, "ecdsa", "NORMAL", &client, &server), 0);
	shown = gnutls_certificate_get_peers(server, &count);
	ck_assert_ptr_nonnull(shown);
	ck_assert_int_eq(gnutls_load_file(options.certificate_file, &pem), 0);
	ck_assert_int_eq(
	    gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der), 0);
	ck_assert_uint_eq(shown->size, der.size);
	ck_assert_mem_eq(shown->data, der.data, der.size);
	gnutls_free(pem.data);
	gnutls_free(der.data);
	part(client, server);
	verify_free(t);
}
END_TEST

/* Neither old versions nor RSA key transport, whatever the priority says. */
START_TEST(keeps_the_floor)
{
	static const char *const wishes[] = {
	    NULL, "NORMAL:+VERS-TLS1.1:+VERS-TLS1.0:+RSA", "LEGACY"};
	static const char *const offers[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.1",
	    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA"};
	gnutls_session_t client, server;
	struct verifier *t;

	options.priority = wishes[_i];
	t = load();
	ck_assert_int_eq(meet(t, "rsa", "NORMAL", &client, &server), 0);
	part(client, server);
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		ck_assert_int_lt(
		    meet(t, "rsa", offers[i], &client, &server), 0);
		part(client, server);
	}
	verify_free(t);
}
END_TEST

static const struct {
	const char *pair, *name, *matched, *key;
	unsigned int bits;
} looks[] = {
    {"ecdsa", "localhost", "localhost", "EC/ECDSA", 256},
    {"ecdsa", "LocalHost.", "localhost", "EC/ECDSA", 256},
    {"ecdsa384", "127.0.0.1", "127.0.0.1", "EC/ECDSA", 384},
    {"ecdsa384", "127.1", "127.0.0.1", "EC/ECDSA", 384},
    {"rsa", "0:0::0:1", "::1", "RSA", 2048},
    {"ed25519", "::1%lo", "::1", "EdDSA (Ed25519)", 256},
};
#define LOOKS ((int)(sizeof(looks) / sizeof(looks[0])))

START_TEST(tells_the_facts_of_a_certificate)
{
	const struct outcome_certificate *seen = &outcome.certificate;
	gnutls_session_t client, server;
	struct verifier *t = load();

	wanted = looks[_i].name;
	ck_assert_int_eq(
	    meet(t, looks[_i].pair, "NORMAL", &client, &server), 0);
	ck_assert_int_eq(verify_reason(t), REASON_NONE);
	ck_assert_int_eq(outcome.verified, OUTCOME_YES);
	ck_assert_str_eq(outcome.problems, "");
	ck_assert(seen->seen);
	ck_assert_str_eq(seen->subject, "CN=localhost");
	ck_assert_str_eq(seen->issuer, "CN=pingtls test CA");
	ck_assert_str_eq(seen->names, "localhost\n127.0.0.1\n::1");
	ck_assert_str_eq(seen->matched, looks[_i].matched);
	ck_assert_str_eq(seen->key, looks[_i].key);
	ck_assert_uint_eq(seen->key_bits, looks[_i].bits);
	ck_assert_str_eq(seen->signature, "ECDSA-SHA256");
	ck_assert_uint_eq(strspn(seen->sha256, "0123456789abcdef"), 64);
	ck_assert_uint_gt(strspn(seen->serial, "0123456789abcdef"), 0);
	ck_assert_uint_eq(strlen(seen->spki_sha256), 44);
	/* The template's 365 days. */
	ck_assert_int_eq(
	    seen->not_after - seen->not_before, 365L * 24 * 60 * 60);
	ck_assert_int_le(seen->chain_not_after, seen->not_after);
	ck_assert_int_gt(seen->chain_not_after, seen->not_before);
	part(client, server);
	verify_free(t);
}
END_TEST

/* Also of one for which the handshake fails. */
START_TEST(tells_the_facts_of_one_that_has_expired)
{
	gnutls_session_t client, server;
	struct verifier *t;

	options.insecure = _i == 1;
	wanted = "elsewhere.example";
	t = load();
	ck_assert_int_eq(meet(t, "expired", "NORMAL", &client, &server),
	    options.insecure ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
	ck_assert_int_eq(verify_reason(t), REASON_CERTIFICATE_EXPIRED);
	ck_assert_int_eq(outcome.verified, OUTCOME_NO);
	ck_assert(outcome.certificate.seen);
	ck_assert_str_eq(outcome.certificate.matched, "");
	/* 2021-01-01 00:00:00 UTC, as expired.cfg has it. */
	ck_assert_int_eq(outcome.certificate.not_after, 1609459200);
	ck_assert_int_eq(outcome.certificate.chain_not_after, 1609459200);
	part(client, server);
	verify_free(t);
}
END_TEST

/* The record "USAGE 1 1" of a pair, or "USAGE 0 0" of a certificate alone. */
static struct tlsa
record_of(uint8_t usage, const char *file, bool whole)
{
	gnutls_datum_t pem, der;
	struct tlsa t;

	ck_assert_int_eq(gnutls_load_file(unit_file(file), &pem), 0);
	ck_assert_int_eq(
	    gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der), 0);
	ck_assert_int_eq(tlsa_of_certificate(&der, &t), 0);
	if (whole) {
		t.selector = TLSA_CERTIFICATE;
		t.matching = TLSA_EXACT;
		t.size = (uint16_t)der.size;
		memcpy(t.data, der.data, der.size);
	}
	t.usage = usage;
	gnutls_free(pem.data);
	gnutls_free(der.data);
	return t;
}

static const struct {
	uint8_t usage;
	const char *file;
	bool whole, without_pkix;
	const char *pair, *name; /* of the server */
	enum reason reason;
	const char *problem;
} records[] = {
    {3, "ecdsa-cert.pem", false, false, "ecdsa", "localhost", REASON_NONE, ""},
    /* RFC 7671, 5.1. */
    {3, "expired-cert.pem", false, true, "expired", "elsewhere.example",
	REASON_NONE, ""},
    {3, "rsa-cert.pem", false, false, "ecdsa", "localhost", REASON_TLSA_INVALID,
	"no TLSA record matches; this certificate's is 3 1 1 "},
    {2, "ca.pem", true, true, "ecdsa", "localhost", REASON_NONE, ""},
    {2, "ca.pem", true, true, "ecdsa", "elsewhere.example", REASON_TLSA_INVALID,
	"\nname mismatch: "},
    {2, "ca.pem", true, true, "expired", "localhost", REASON_TLSA_INVALID,
	"\ncertificate expired on 2021-01-01"},
    {1, "ecdsa-cert.pem", false, false, "ecdsa", "localhost", REASON_NONE, ""},
    {0, "ca.pem", false, false, "ecdsa", "localhost", REASON_NONE, ""},
    {1, "expired-cert.pem", false, false, "expired", "localhost",
	REASON_TLSA_INVALID, "\ncertificate expired on 2021-01-01"},
    {1, "ecdsa-cert.pem", false, true, "ecdsa", "localhost",
	REASON_DANE_REQUIRED, "no TLSA record can be used: SMTP"},
    {4, "ecdsa-cert.pem", false, false, "ecdsa", "localhost",
	REASON_DANE_REQUIRED, "no TLSA record can be used"},
};
#define RECORDS ((int)(sizeof(records) / sizeof(records[0])))

START_TEST(a_record_decides_instead_of_authorities)
{
	bool good = records[_i].reason == REASON_NONE;
	gnutls_session_t client, server;
	struct verifier *t = load();

	record =
	    record_of(records[_i].usage, records[_i].file, records[_i].whole);
	with_dane = true;
	without_pkix = records[_i].without_pkix;
	wanted = records[_i].name;
	ck_assert_int_eq(meet(t, records[_i].pair, "NORMAL", &client, &server),
	    good ? 0 : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
	ck_assert_int_eq(verify_reason(t), records[_i].reason);
	ck_assert_int_eq(outcome.verified, good ? OUTCOME_YES : OUTCOME_NO);
	ck_assert_int_eq(
	    outcome.dane, good ? OUTCOME_DANE_VERIFIED : OUTCOME_DANE_FAILED);
	ck_assert_msg(strstr(outcome.problems, records[_i].problem) != NULL,
	    "%s", outcome.problems);
	ck_assert(!good || outcome.problems[0] == '\0');
	ck_assert_int_eq(
	    outcome.dane_record[0], records[_i].reason == REASON_DANE_REQUIRED
					? '\0'
					: '0' + records[_i].usage);
	ck_assert_int_eq(strncmp(outcome.certificate.tlsa, "3 1 1 ", 6), 0);
	part(client, server);
	verify_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verify");
	TCase *c = unit_case(suite, "verify");
	int status;

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, refuses_authorities_that_cannot_be_read);
	tcase_add_test(c, refuses_an_identity_that_cannot_be_used);
	tcase_add_test(c, refuses_a_priority_it_does_not_understand);
	tcase_add_test(c, asks_for_a_host_by_its_name);
	tcase_add_test(c, shows_its_own_certificate_when_asked);
	tcase_add_loop_test(c, keeps_the_floor, 0, 3);
	tcase_add_loop_test(c, tells_the_facts_of_a_certificate, 0, LOOKS);
	tcase_add_loop_test(c, tells_the_facts_of_one_that_has_expired, 0, 2);
	tcase_add_loop_test(
	    c, a_record_decides_instead_of_authorities, 0, RECORDS);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
