/*
 * What is believed of a result.
 */
#include "session/session_result.h"

#include <string.h>

#include "unit.h"

#define SECOND INT64_C(1000000000)

static struct session_result result;

/* A second of a session as there are many. */
static void
set_up(void)
{
	result = (struct session_result){
	    .end = SESSION_QUIT,
	    .upgraded = 1,
	    .resumed = 1,
	    .pings_clear = 1,
	    .pings_tls = 2,
	    .octets_in = 5 + 9 + 10 + 5,
	    .octets_out = 15,
	    .handshake_ns = SECOND / 1000,
	    .version = "TLS1.3",
	};
}

static bool
believed(void)
{
	struct session_result copy = result, crashed = {.end = SESSION_CRASHED};
	bool is = session_result_check(&copy, SECOND, false);

	ck_assert_mem_eq(&copy, is ? &result : &crashed, sizeof(copy));
	return is;
}

START_TEST(what_can_be_true)
{
	ck_assert(believed());
	result.octets_in = 15;
	ck_assert(believed());
	result.handshake_ns = SECOND;
	ck_assert(believed());
	memset(&result, 0, sizeof(result));
	ck_assert(believed());
}
END_TEST

START_TEST(no_more_pings_than_octets)
{
	result.octets_in = 14;
	ck_assert(!believed());
	set_up();
	result.pings_clear = UINT64_MAX;
	ck_assert(!believed());
	set_up();
	result.pings_tls = UINT64_MAX;
	ck_assert(!believed());
	result.pings_clear = 2;
	ck_assert(!believed());
}
END_TEST

START_TEST(no_more_octets_than_time)
{
	result.octets_in = 14 * (uint64_t)SECOND;
	ck_assert(!believed());
	set_up();
	result.octets_out = UINT64_MAX;
	ck_assert(!believed());
}
END_TEST

START_TEST(no_handshake_longer_than_the_session)
{
	result.handshake_ns = SECOND + 1;
	ck_assert(!believed());
	result.handshake_ns = -1;
	ck_assert(!believed());
}
END_TEST

START_TEST(nothing_of_tls_without_an_upgrade)
{
	result.upgraded = 0;
	ck_assert(!believed());
	result.resumed = 0;
	ck_assert(!believed());
	result.pings_tls = 0;
	ck_assert(believed());
}
END_TEST

START_TEST(no_name_of_a_client_that_was_not_asked)
{
	strcpy(result.client, "CN=root");
	ck_assert(session_result_check(&result, SECOND, true));
	ck_assert(!believed());
	result.upgraded = result.resumed = 0;
	result.pings_tls = 0;
	ck_assert(!session_result_check(&result, SECOND, true));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session_result");
	TCase *c = unit_case(suite, "session_result");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, what_can_be_true);
	tcase_add_test(c, no_more_pings_than_octets);
	tcase_add_test(c, no_more_octets_than_time);
	tcase_add_test(c, no_handshake_longer_than_the_session);
	tcase_add_test(c, nothing_of_tls_without_an_upgrade);
	tcase_add_test(c, no_name_of_a_client_that_was_not_asked);
	return unit_main(suite);
}
