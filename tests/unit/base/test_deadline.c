/*
 * Deadlines: arithmetic, and the wait for a descriptor.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "unit.h"

#define NS_PER_MS INT64_C(1000000)
/* A deadline that is over. */
#define OVER 1

static int fds[2];

static void
set_up(void)
{
	unit_pair(fds);
}

static void
tear_down(void)
{
	close(fds[0]);
	close(fds[1]);
}

START_TEST(is_so_far_from_now)
{
	int64_t before = deadline_now();
	deadline when = deadline_in(1500);

	ck_assert_int_ge(when, before + 1500 * NS_PER_MS);
	ck_assert_int_le(when, deadline_now() + 1500 * NS_PER_MS);
	ck_assert_int_eq(deadline_in(0), DEADLINE_NEVER);
}
END_TEST

START_TEST(the_earlier)
{
	ck_assert_int_eq(deadline_earlier(1, 2), 1);
	ck_assert_int_eq(deadline_earlier(2, 1), 1);
	ck_assert_int_eq(deadline_earlier(DEADLINE_NEVER, 5), 5);
	ck_assert_int_eq(
	    deadline_earlier(DEADLINE_NEVER, DEADLINE_NEVER), DEADLINE_NEVER);
}
END_TEST

START_TEST(returns_when_ready)
{
	ck_assert_int_eq(deadline_wait(fds[0], POLLOUT, DEADLINE_NEVER, -1), 1);
	unit_send_text(fds[1], "x");
	ck_assert_int_eq(
	    deadline_wait(fds[0], POLLIN, deadline_in(60000), -1), 1);
}
END_TEST

START_TEST(returns_for_a_hang_up)
{
	shutdown(fds[1], SHUT_RDWR);
	ck_assert_int_eq(deadline_wait(fds[0], POLLIN, DEADLINE_NEVER, -1), 1);
}
END_TEST

START_TEST(times_out_and_not_before)
{
	deadline when = deadline_in(50);

	ck_assert_int_eq(deadline_wait(fds[0], POLLIN, when, -1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_ge(deadline_now(), when);
}
END_TEST

/* A peer that always has something to say gains no time by it. */
START_TEST(what_is_over_is_over)
{
	unit_send_text(fds[1], "x");
	ck_assert_int_eq(deadline_wait(fds[0], POLLIN, OVER, -1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
}
END_TEST

START_TEST(can_be_cancelled)
{
	int event = eventfd(0, EFD_CLOEXEC);

	unit_send_text(fds[1], "x");
	ck_assert_int_eq(
	    deadline_wait(fds[0], POLLIN, DEADLINE_NEVER, event), 1);
	eventfd_write(event, 1);
	ck_assert_int_eq(
	    deadline_wait(fds[0], POLLIN, DEADLINE_NEVER, event), -1);
	ck_assert_int_eq(errno, ECANCELED);
	close(event);
}
END_TEST

static volatile sig_atomic_t signals;

static void
count(int signal_number)
{
	(void)signal_number;
	signals = signals + 1;
}

/* Signals neither end a wait nor make it longer. */
START_TEST(signals_do_not_matter)
{
	struct sigaction action = {.sa_handler = count};
	struct itimerval often = {{0, 2000}, {0, 2000}}, never = {0};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(
	    deadline_wait(fds[0], POLLIN, deadline_in(100), -1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert_int_gt(signals, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("deadline");
	TCase *c = unit_case(suite, "deadline");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, is_so_far_from_now);
	tcase_add_test(c, the_earlier);
	tcase_add_test(c, returns_when_ready);
	tcase_add_test(c, returns_for_a_hang_up);
	tcase_add_test(c, times_out_and_not_before);
	tcase_add_test(c, what_is_over_is_over);
	tcase_add_test(c, can_be_cancelled);
	tcase_add_test(c, signals_do_not_matter);
	return unit_main(suite);
}
