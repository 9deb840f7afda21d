/*
 * What a sandboxed process can no longer do: each attempt in a process of its
 * own, and the same outside the sandbox, where it must work.
 */
#include "base/direct_calls.h"
#include "confine/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "unit.h"
#include "unit_attempts.h"

#ifndef UNIT_SANITIZED
/* What a session needs. */
static bool
try_its_work(void)
{
	static char octets[64];
	void *memory = malloc(100000);

	return memory != NULL &&
	       direct_send(UNIT_STREAM, "PONG\n", 5, MSG_NOSIGNAL) == 5 &&
	       direct_recv(UNIT_STREAM, octets, sizeof(octets), MSG_DONTWAIT) ==
	           -1 &&
	       errno == EAGAIN && direct_shutdown(UNIT_STREAM, SHUT_WR) == 0;
}
#endif

static bool
enter(const void *sandbox)
{
	char why[SANDBOX_WHY_MAX];

	return sandbox_give_up_privileges(NULL, why) == 0 &&
	       sandbox_enter(sandbox, sandbox_descriptor(sandbox)) == 0;
}

/* As the client does. */
static bool
enter_as_possible(const void *sandbox)
{
	char why[SANDBOX_WHY_MAX];

	return sandbox_give_up_privileges(NULL, why) == 0 &&
	       (sandbox_enter_as_possible(
		    sandbox, sandbox_descriptor(sandbox)) &
		   SANDBOX_LIMITS) == 0;
}

static void
check_refused(const struct unit_attempt *a, enum sandbox_role role)
{
	struct sandbox *sandbox = sandbox_new(role);

	ck_assert_ptr_nonnull(sandbox);
	ck_assert_msg(
	    unit_works(a->make, NULL, NULL), "%s fails outside", a->name);
	ck_assert_msg(unit_works(a->make,
			  role == SANDBOX_CLIENT ? enter_as_possible : enter,
			  sandbox) == (unit_refusing(a, role) == 0),
	    "%s inside", a->name);
	sandbox_free(sandbox);
}

START_TEST(each_is_refused_to_a_session)
{
	check_refused(&unit_attempts[_i], SANDBOX_SESSION);
}
END_TEST

START_TEST(each_is_refused_to_the_keyholder)
{
	check_refused(&unit_attempts[_i], SANDBOX_KEYHOLDER);
}
END_TEST

START_TEST(each_is_refused_to_the_client)
{
	check_refused(&unit_attempts[_i], SANDBOX_CLIENT);
}
END_TEST

#ifndef UNIT_SANITIZED
START_TEST(a_session_and_the_client_can_do_their_work)
{
	struct sandbox *sandbox =
	    sandbox_new(_i == 0 ? SANDBOX_SESSION : SANDBOX_CLIENT);

	ck_assert_ptr_nonnull(sandbox);
	ck_assert(unit_works(try_its_work, enter, sandbox));
	sandbox_free(sandbox);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *c = unit_case(suite, "sandbox");

	tcase_add_checked_fixture(c, unit_become_user, NULL);
	tcase_add_loop_test(
	    c, each_is_refused_to_a_session, 0, unit_attempt_count);
	tcase_add_loop_test(
	    c, each_is_refused_to_the_keyholder, 0, unit_attempt_count);
	tcase_add_loop_test(
	    c, each_is_refused_to_the_client, 0, unit_attempt_count);
#ifndef UNIT_SANITIZED
	tcase_add_loop_test(
	    c, a_session_and_the_client_can_do_their_work, 0, 2);
#endif
	return unit_main(suite);
}
