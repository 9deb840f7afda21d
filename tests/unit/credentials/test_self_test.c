/*
 * The handshake of the server with itself.
 */
#include <unistd.h>

#include "credentials/self_test.h"
#include "unit.h"
#include "unit_peer.h"

static int
self_test(const char *server, const char *client)
{
	gnutls_session_t session = unit_tls_session(
	    GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL, server);
	gnutls_priority_t policy;
	int ret;

	ck_assert_int_eq(gnutls_priority_init2(&policy, client, NULL, 0), 0);
	ret = self_test_run(session, policy);
	gnutls_deinit(session);
	gnutls_priority_deinit(policy);
	return ret;
}

START_TEST(works_with_each_version)
{
	ck_assert_int_eq(self_test(UNIT_TLS_1_3, UNIT_TLS_1_3), 0);
	ck_assert_int_eq(self_test(UNIT_TLS_1_2, UNIT_TLS_1_2), 0);
	ck_assert_int_eq(self_test("NORMAL", "NORMAL"), 0);
}
END_TEST

START_TEST(says_what_does_not_work)
{
	ck_assert_int_lt(self_test(UNIT_TLS_1_3, UNIT_TLS_1_2), 0);
	ck_assert_int_lt(
	    self_test(UNIT_TLS_1_3 ":-SIGN-ALL:+SIGN-RSA-SHA256", UNIT_TLS_1_3),
	    0);
}
END_TEST

START_TEST(leaves_no_descriptor)
{
	size_t before = unit_descriptors(getpid());

	ck_assert_int_eq(self_test("NORMAL", "NORMAL"), 0);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("self_test");
	TCase *c = unit_case(suite, "self_test");

	tcase_add_test(c, works_with_each_version);
	tcase_add_test(c, says_what_does_not_work);
	tcase_add_test(c, leaves_no_descriptor);
	return unit_main(suite);
}
