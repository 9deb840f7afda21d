/*
 * The authority that is trusted, anywhere in the chain that a server sends.
 */
#include "tls/peer_verify.h"

#include <time.h>

#include "unit.h"
#include "unit_certificate.h"
#include "unit_handshake.h"

/* Each issued by the next, up to the root. */
enum { LEAF, ISSUER, INTERMEDIATE, ROOT, CERTIFICATES };

static struct unit_certificate made[CERTIFICATES], stale;
static gnutls_certificate_credentials_t ours, theirs;
static const char *wanted;
static unsigned int status;

/* One of the certificates may have expired. */
static void
make_chain(int expired)
{
	static const char *const names[] = {
	    "localhost", "issuer", "intermediate", "root"};
	time_t now = time(NULL);

	for (int i = ROOT; i >= LEAF; i--)
		unit_certificate_make(&made[i], names[i],
		    now - (i == expired ? 20 : 1) * UNIT_DAY, i != LEAF,
		    &made[i == ROOT ? ROOT : i + 1]);
	unit_certificate_make_again(&stale, "issuer", now - 20 * UNIT_DAY,
	    &made[ISSUER], &made[INTERMEDIATE]);
}

static int
verify(gnutls_session_t session)
{
	gnutls_typed_vdata_st name = {
	    .type = GNUTLS_DT_DNS_HOSTNAME,
	    .data = (unsigned char *)(uintptr_t)wanted,
	};

	ck_assert_int_eq(peer_verify(session, &name, 1, &status), 0);
	return 0;
}

static void
set_up_expired(int expired)
{
	make_chain(expired);
	wanted = "localhost";
	gnutls_certificate_allocate_credentials(&ours);
	gnutls_certificate_allocate_credentials(&theirs);
	gnutls_certificate_set_verify_function(ours, verify);
}

static void
set_up(void)
{
	set_up_expired(-1);
}

static void
tear_down(void)
{
	for (int i = 0; i < CERTIFICATES; i++)
		unit_certificate_free(&made[i]);
	unit_certificate_free(&stale);
	gnutls_certificate_free_credentials(ours);
	gnutls_certificate_free_credentials(theirs);
}

static void
trust(const struct unit_certificate *c)
{
	ck_assert_int_eq(gnutls_certificate_set_x509_trust_mem(
			     ours, &c->der, GNUTLS_X509_FMT_DER),
	    1);
}

/* The verdict on a server that sends the chain, with its root. */
static unsigned int
judge(void)
{
	gnutls_x509_crt_t chain[CERTIFICATES];
	gnutls_session_t client, server;

	/* GnuTLS takes the names of those just made for empty. */
	for (int i = 0; i < CERTIFICATES; i++) {
		ck_assert_int_eq(gnutls_x509_crt_init(&chain[i]), 0);
		ck_assert_int_eq(gnutls_x509_crt_import(chain[i], &made[i].der,
				     GNUTLS_X509_FMT_DER),
		    0);
	}
	ck_assert_int_ge(gnutls_certificate_set_x509_key(
			     theirs, chain, CERTIFICATES, made[LEAF].key),
	    0);
	for (int i = 0; i < CERTIFICATES; i++)
		gnutls_x509_crt_deinit(chain[i]);
	ck_assert_int_eq(
	    gnutls_init(&client, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
	gnutls_priority_set_direct(client, "NORMAL", NULL);
	gnutls_credentials_set(client, GNUTLS_CRD_CERTIFICATE, ours);
	server = unit_server_session(theirs, "NORMAL");
	ck_assert_int_eq(unit_handshake(client, server), 0);
	gnutls_deinit(client);
	gnutls_deinit(server);
	return status;
}

START_TEST(takes_each_and_the_name_with_it)
{
	trust(&made[_i]);
	ck_assert_uint_eq(judge(), 0);
	wanted = "other.example";
	ck_assert_uint_eq(
	    judge(), GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER);
}
END_TEST

START_TEST(takes_none_without_one)
{
	ck_assert_uint_eq(
	    judge(), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
}
END_TEST

/* What is behind the authority may have expired, and nothing else. */
START_TEST(wants_dates_up_to_it)
{
	for (int i = LEAF; i < CERTIFICATES; i++) {
		tear_down();
		set_up_expired(_i);
		trust(&made[i]);
		ck_assert_uint_eq(judge(),
		    i < _i ? 0 : GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
	}
}
END_TEST

/* An older certificate of the issuer that is trusted as well. */
START_TEST(prefers_what_is_valid)
{
	trust(&stale);
	ck_assert_uint_eq(judge(), GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
	trust(&made[ROOT]);
	ck_assert_uint_eq(judge(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("peer_verify");
	TCase *c = unit_case(suite, "peer_verify");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(
	    c, takes_each_and_the_name_with_it, LEAF, CERTIFICATES);
	tcase_add_test(c, takes_none_without_one);
	tcase_add_loop_test(c, wants_dates_up_to_it, LEAF, CERTIFICATES);
	tcase_add_test(c, prefers_what_is_valid);
	return unit_main(suite);
}
