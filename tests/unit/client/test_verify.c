/*
 * What the client trusts and who it is: what loads, what is refused with one
 * line, what it tells a server, and the facts of the server's certificate.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "client/verify.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"

static struct verify_options options;
static char why[VERIFY_TEXT_MAX];

static void
set_up(void)
{
	options = (struct verify_options){
	    .name = "localhost",
	    .ca_file = unit_file("ca.pem"),
	};
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
	snprintf(want, sizeof(want),
	    "cannot use %s with %s: ", options.certificate_file,
	    options.key_file);
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

START_TEST(refuses_names_that_no_certificate_has)
{
	char name[VERIFY_NAME_MAX + 1];

	options.name = "";
	expect_refusal("cannot verify a name that is empty: ", "\"\"");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	options.name = name;
	expect_refusal("cannot verify a name that is too long: ",
	    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"");
	name[VERIFY_NAME_MAX - 1] = '\0';
	verify_free(load());
	verify_free(NULL);
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
	int ret;

	*client = verify_session(t, &ret);
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
	    {"localhost.", "localhost"}, {"127.0.0.1", ""}, {"::1%lo", ""}};
	gnutls_session_t client, server;
	struct verifier *t;
	char asked[256];
	size_t size;
	unsigned int type;
	int ret;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		options.name = names[i][0];
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
} looks[] = {
    {"ecdsa", "localhost", "localhost", "EC/ECDSA, 256 bits"},
    {"ecdsa", "LocalHost.", "localhost", "EC/ECDSA, 256 bits"},
    {"ecdsa384", "127.0.0.1", "127.0.0.1", "EC/ECDSA, 384 bits"},
    {"rsa", "0:0::0:1", "::1", "RSA, 2048 bits"},
    {"ed25519", "::1%lo", "::1", "EdDSA (Ed25519), 256 bits"},
};
#define LOOKS ((int)(sizeof(looks) / sizeof(looks[0])))

START_TEST(tells_the_facts_of_a_certificate)
{
	gnutls_session_t client, server;
	struct verify_facts facts;
	struct verifier *t;
	time_t now;

	options.name = looks[_i].name;
	t = load();
	ck_assert_int_eq(
	    meet(t, looks[_i].pair, "NORMAL", &client, &server), 0);
	ck_assert_str_eq(verify_why(t), "");
	/* Within one second. */
	do {
		now = time(NULL);
		ck_assert_int_eq(verify_look(t, client, &facts), 0);
	} while (now != time(NULL));
	ck_assert_str_eq(facts.subject, "CN=localhost");
	ck_assert_str_eq(facts.issuer, "CN=pingtls test CA");
	ck_assert_str_eq(facts.matched, looks[_i].matched);
	ck_assert_str_eq(facts.key, looks[_i].key);
	ck_assert_str_eq(facts.signature, "ECDSA-SHA256");
	ck_assert_uint_eq(strspn(facts.fingerprint, "0123456789abcdef"), 64);
	ck_assert_int_le(facts.from, now);
	/* The template's 365 days, of which a second may be over or not. */
	ck_assert_int_eq(facts.until - facts.from, 365L * 24 * 60 * 60);
	ck_assert_int_eq(facts.days, (facts.until - now) / (24L * 60 * 60));
	ck_assert(!facts.expired);
	part(client, server);
	verify_free(t);
}
END_TEST

START_TEST(tells_the_facts_of_one_that_has_expired)
{
	gnutls_session_t client, server;
	struct verify_facts facts;
	struct verifier *t;

	options.insecure = true;
	options.name = "elsewhere.example";
	t = load();
	ck_assert_int_eq(meet(t, "expired", "NORMAL", &client, &server), 0);
	ck_assert_int_eq(verify_look(t, client, &facts), 0);
	ck_assert_str_eq(facts.matched, "");
	ck_assert(facts.expired);
	/* 2021-01-01 00:00:00 UTC, as expired.cfg has it. */
	ck_assert_int_eq(facts.until, 1609459200);
	ck_assert_int_ge(
	    facts.days, (time(NULL) - 1609459200) / (24L * 60 * 60) - 1);
	part(client, server);
	verify_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust");
	TCase *c = unit_case(suite, "trust");
	int status;

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, refuses_authorities_that_cannot_be_read);
	tcase_add_test(c, refuses_an_identity_that_cannot_be_used);
	tcase_add_test(c, refuses_a_priority_it_does_not_understand);
	tcase_add_test(c, refuses_names_that_no_certificate_has);
	tcase_add_test(c, asks_for_a_host_by_its_name);
	tcase_add_test(c, shows_its_own_certificate_when_asked);
	tcase_add_loop_test(c, keeps_the_floor, 0, 3);
	tcase_add_loop_test(c, tells_the_facts_of_a_certificate, 0, LOOKS);
	tcase_add_test(c, tells_the_facts_of_one_that_has_expired);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
