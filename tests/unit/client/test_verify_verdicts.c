/*
 * The verdict on a server's certificate, in a person's words: each certificate
 * that make-certs makes, good or bad, and some that only an enemy would make.
 */
#include <stdio.h>
#include <string.h>

#include <gnutls/x509.h>

#include "client/verify.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"

#define DAY (24L * 60 * 60)

static struct verify_options options;
static const char *wanted; /* the name to verify */

static void
set_up(void)
{
	/* The path outlives those that unit_file() keeps. */
	static char ca_file[1024];

	snprintf(ca_file, sizeof(ca_file), "%s", unit_file("ca.pem"));
	options = (struct verify_options){.ca_file = ca_file};
	wanted = "localhost";
}

/* Meets a server with these credentials.  Returns the handshake's code. */
static int
judge(gnutls_certificate_credentials_t credentials, struct outcome *outcome,
    enum reason *reason)
{
	char why[VERIFY_TEXT_MAX];
	struct verifier *v = verify_new(&options, why);
	gnutls_session_t client, server;
	struct host_name name;
	struct verify_server about = {.name = &name};
	int ret;

	ck_assert_msg(v != NULL, "%s", why);
	ck_assert_ptr_null(host_name_parse(wanted, &name));
	outcome_init(outcome);
	client = verify_session(v, &about, outcome, &ret);
	ck_assert_ptr_nonnull(client);
	server = unit_server_session(credentials, "NORMAL");
	ret = unit_handshake(client, server);
	*reason = verify_reason(v);
	gnutls_deinit(client);
	gnutls_deinit(server);
	verify_free(v);
	return ret;
}

/* An empty `want` is a good certificate. */
static void
expect(gnutls_certificate_credentials_t credentials, const char *want)
{
	static struct outcome outcome;
	enum reason reason;
	int ret = judge(credentials, &outcome, &reason);

	for (char *lf; (lf = strchr(outcome.problems, '\n')) != NULL;)
		*lf = ';';
	ck_assert_str_eq(outcome.problems, want);
	ck_assert(outcome.certificate.seen);
	ck_assert_int_eq(
	    outcome.verified, *want == '\0' ? OUTCOME_YES : OUTCOME_NO);
	ck_assert_int_eq(reason == REASON_NONE, *want == '\0');
	ck_assert_int_eq(ret, *want == '\0' || options.insecure
				  ? 0
				  : GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
}

static void
expect_of_pair(const char *pair, const char *name, const char *want)
{
	gnutls_certificate_credentials_t credentials =
	    unit_server_credentials(pair);

	wanted = name;
	expect(credentials, want);
	gnutls_certificate_free_credentials(credentials);
}

static const struct {
	const char *pair, *name, *verdict;
} verdicts[] = {
    {"ecdsa", "localhost", ""},
    {"ecdsa384", "LOCALHOST", ""},
    {"rsa", "localhost.", ""},
    {"ed25519", "127.0.0.1", ""},
    {"ecdsa", "::1", ""},
    {"ecdsa", "0:0:0::1%lo", ""},
    {"wrong-name", "elsewhere.example", ""},
    {"not-yet", "localhost", "certificate is not valid before 2037-01-01"},
    {"wrong-name", "localhost",
	"name mismatch: certificate is for elsewhere.example, not localhost"},
    {"wrong-name", "127.0.0.1",
	"name mismatch: certificate is for elsewhere.example, not the "
	"address 127.0.0.1"},
    {"ecdsa", "127.0.0.2",
	"name mismatch: certificate is for localhost, 127.0.0.1, ::1, not "
	"the address 127.0.0.2"},
    {"ecdsa", "0:0::2%lo",
	"name mismatch: certificate is for localhost, 127.0.0.1, ::1, not "
	"the address ::2"},
    /* Neither more nor less than the name. */
    {"ecdsa", "local",
	"name mismatch: certificate is for localhost, 127.0.0.1, ::1, not "
	"local"},
    {"ecdsa", "a.localhost",
	"name mismatch: certificate is for localhost, 127.0.0.1, ::1, not "
	"a.localhost"},
    {"stranger", "localhost",
	"issuer unknown: CN=pingtls stranger CA, which is not trusted, nor did "
	"the server send its certificate"},
    {"self-signed", "localhost", "issuer unknown: self-signed by CN=localhost"},
    {"client", "localhost",
	"name mismatch: certificate is for pingtls test client, not "
	"localhost;certificate is not for a TLS server"},
    {"stranger", "elsewhere.example",
	"name mismatch: certificate is for localhost, 127.0.0.1, ::1, not "
	"elsewhere.example;issuer unknown: CN=pingtls stranger CA, which is "
	"not "
	"trusted, nor did the server send its certificate"},
};
#define VERDICTS ((int)(sizeof(verdicts) / sizeof(verdicts[0])))

START_TEST(says_what_is_wrong)
{
	options.insecure = _i == 1;
	for (int i = 0; i < VERDICTS; i++)
		expect_of_pair(
		    verdicts[i].pair, verdicts[i].name, verdicts[i].verdict);
}
END_TEST

START_TEST(says_since_when_it_has_expired)
{
	char want[VERIFY_TEXT_MAX];

	/* 2021-01-01 00:00:00 UTC, as expired.cfg has it. */
	snprintf(want, sizeof(want),
	    "certificate expired on 2021-01-01 (%ld days ago)",
	    (time(NULL) - 1609459200) / DAY);
	expect_of_pair("expired", "localhost", want);
}
END_TEST

/* The system's authorities do not know ours. */
START_TEST(trusts_the_system_by_default)
{
	options.ca_file = NULL;
	expect_of_pair("ecdsa", "localhost",
	    "issuer unknown: CN=pingtls test CA, which is not trusted, nor did "
	    "the server send its certificate");
}
END_TEST

static gnutls_x509_crt_t
read_certificate(const char *name)
{
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem;

	ck_assert_int_eq(gnutls_load_file(unit_file(name), &pem), 0);
	ck_assert_int_eq(gnutls_x509_crt_init(&certificate), 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM), 0);
	gnutls_free(pem.data);
	return certificate;
}

static gnutls_x509_privkey_t
read_key(const char *name)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t pem;

	ck_assert_int_eq(gnutls_load_file(unit_file(name), &pem), 0);
	ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
	ck_assert_int_eq(gnutls_x509_privkey_import2(
			     key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0),
	    0);
	gnutls_free(pem.data);
	return key;
}

/* What an enemy may put into a certificate for the key ecdsa-key.pem. */
struct forgery {
	const char *issuer, *issuer_key;
	const char *common_name, *name; /* a DNS name, or NULL */
	long from, until;               /* seconds from now */
	bool spoilt;                    /* its signature is changed */
	bool chained;                   /* the issuer's is sent as well */
	bool trusted;                   /* ... or it is in --ca-file */
};

/* Changes the last octet of the certificate, which is the signature's. */
static void
spoil(gnutls_x509_crt_t *certificate)
{
	gnutls_datum_t der;

	ck_assert_int_eq(
	    gnutls_x509_crt_export2(*certificate, GNUTLS_X509_FMT_DER, &der),
	    0);
	der.data[der.size - 1] ^= 1;
	gnutls_x509_crt_deinit(*certificate);
	ck_assert_int_eq(gnutls_x509_crt_init(certificate), 0);
	ck_assert_int_eq(
	    gnutls_x509_crt_import(*certificate, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
}

static gnutls_certificate_credentials_t
forge(const struct forgery *f)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_privkey_t key = read_key("ecdsa-key.pem"),
			      issuer_key = read_key(f->issuer_key);
	gnutls_x509_crt_t chain[2];
	time_t now = time(NULL);

	chain[1] = read_certificate(f->issuer);
	ck_assert_int_eq(gnutls_x509_crt_init(&chain[0]), 0);
	gnutls_x509_crt_set_version(chain[0], 3);
	gnutls_x509_crt_set_serial(chain[0], "\001", 1);
	gnutls_x509_crt_set_activation_time(chain[0], now + f->from);
	gnutls_x509_crt_set_expiration_time(chain[0], now + f->until);
	gnutls_x509_crt_set_dn_by_oid(chain[0], GNUTLS_OID_X520_COMMON_NAME, 0,
	    f->common_name, (unsigned int)strlen(f->common_name));
	if (f->name != NULL)
		gnutls_x509_crt_set_subject_alt_name(chain[0],
		    GNUTLS_SAN_DNSNAME, f->name, (unsigned int)strlen(f->name),
		    GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_key(chain[0], key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(chain[0], chain[1], issuer_key,
			     GNUTLS_DIG_SHA256, 0),
	    0);
	if (f->spoilt)
		spoil(&chain[0]);
	ck_assert_int_eq(
	    gnutls_certificate_allocate_credentials(&credentials), 0);
	ck_assert_int_ge(gnutls_certificate_set_x509_key(
			     credentials, chain, f->chained ? 2 : 1, key),
	    0);
	gnutls_x509_crt_deinit(chain[0]);
	gnutls_x509_crt_deinit(chain[1]);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_privkey_deinit(issuer_key);
	return credentials;
}

#define OUR_CA .issuer = "ca.pem", .issuer_key = "ca-key.pem"
#define A_SERVER .issuer = "other-cert.pem", .issuer_key = "other-key.pem"
#define NOW .from = -DAY, .until = DAY

static const struct {
	struct forgery forgery;
	const char *name, *verdict;
} forgeries[] = {
    {{OUR_CA, NOW, .common_name = "a", .name = "*.test.example"},
	"b.test.example", ""},
    {{OUR_CA, NOW, .common_name = "a", .name = "*.test.example"},
	"a.b.test.example",
	"name mismatch: certificate is for *.test.example, not "
	"a.b.test.example"},
    {{OUR_CA, NOW, .common_name = "localhost", .name = "other.example"},
	"localhost",
	"name mismatch: certificate is for other.example, not localhost"},
    {{OUR_CA, .from = -3 * DAY, .until = -DAY - 60, .common_name = "localhost",
	 .name = "localhost"},
	"localhost", "certificate expired on DATE (1 day ago)"},
    {{OUR_CA, NOW, .common_name = "localhost", .name = "localhost",
	 .spoilt = true},
	"localhost", "the signature of the certificate is wrong"},
    /* A server's certificate is no authority's, not even if it is trusted. */
    {{A_SERVER, NOW, .common_name = "localhost", .name = "localhost",
	 .chained = true},
	"localhost",
	"issuer unknown: CN=other.example, which is not trusted, nor did the "
	"server send its certificate"},
    {{A_SERVER, NOW, .common_name = "localhost", .name = "localhost",
	 .trusted = true},
	"localhost",
	"issuer is no certificate authority: CN=other.example;issuer "
	"CN=other.example may not vouch for this certificate: its key is not "
	"for signing certificates"},
    /* Of its issuer's name, but not signed by itself. */
    {{A_SERVER, NOW, .common_name = "other.example", .name = "localhost"},
	"localhost",
	"issuer unknown: CN=other.example, which is not trusted, nor did the "
	"server send its certificate"},
    /* What a terminal would obey. */
    {{OUR_CA, NOW, .common_name = "\033]0;owned\007\r\n"}, "localhost",
	"name mismatch: certificate is for .]0\\;owned..., not localhost"},
};
#define FORGERIES ((int)(sizeof(forgeries) / sizeof(forgeries[0])))

START_TEST(is_not_fooled)
{
	gnutls_certificate_credentials_t credentials =
	    forge(&forgeries[_i].forgery);
	time_t until = time(NULL) + forgeries[_i].forgery.until;
	char want[VERIFY_TEXT_MAX];
	const char *date = strstr(forgeries[_i].verdict, "DATE");

	snprintf(want, sizeof(want), "%s", forgeries[_i].verdict);
	if (date != NULL) {
		char *at = want + (date - forgeries[_i].verdict);
		size_t n = strftime(at, 16, "%Y-%m-%d", gmtime(&until));

		snprintf(at + n, sizeof(want) / 2, "%s", date + strlen("DATE"));
	}
	wanted = forgeries[_i].name;
	if (forgeries[_i].forgery.trusted)
		options.ca_file = unit_file(forgeries[_i].forgery.issuer);
	expect(credentials, want);
	gnutls_certificate_free_credentials(credentials);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verify_verdicts");
	TCase *c = unit_case(suite, "verify_verdicts");
	int status;

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_loop_test(c, says_what_is_wrong, 0, 2);
	tcase_add_test(c, says_since_when_it_has_expired);
	tcase_add_test(c, trusts_the_system_by_default);
	tcase_add_loop_test(c, is_not_fooled, 0, FORGERIES);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
