/*
 * Output that nobody reads ends when the run does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "client/output.h"
#include "unit.h"

static struct control control;
static int ends[2];

static void
set_up(void)
{
	ck_assert_int_eq(control_begin(&control, 0), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
}

static void
tear_down(void)
{
	close(ends[0]);
	close(ends[1]);
	close(control.signals);
}

/* Writes until it is refused; returns errno. */
static int
fill(int fd)
{
	struct output o;
	int error;

	output_open(&o, fd, &control);
	while (output_line(&o, "%0200d", 1) == 0)
		;
	error = errno;
	/* From then on nothing is written. */
	ck_assert_int_eq(output_line(&o, "more"), -1);
	ck_assert_int_eq(errno, error);
	output_close(&o);
	return error;
}

START_TEST(ends_by_the_deadline)
{
	control.end = deadline_in(50);
	ck_assert_int_eq(fill(ends[1]), ETIMEDOUT);
	/* What is shared with others did not change. */
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(ends_soon_after_a_signal)
{
	raise(SIGTERM);
	ck_assert_int_eq(fill(ends[1]), ETIMEDOUT);
	ck_assert(control.stopped);
}
END_TEST

START_TEST(waits_for_a_socket_and_for_one_that_does_not_block)
{
	int pair[2];

	control.end = deadline_in(50);
	unit_pair(pair);
	ck_assert_int_eq(fill(pair[0]), ETIMEDOUT);
	control.end = deadline_in(50);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	ck_assert_int_eq(fill(ends[1]), ETIMEDOUT);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(notices_that_the_reader_is_gone)
{
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	ck_assert_int_eq(fill(ends[1]), EPIPE);
	ends[0] = dup(ends[1]);
}
END_TEST

START_TEST(a_line_is_one_line)
{
	char text[2 * OUTPUT_LINE_MAX], line[2 * OUTPUT_LINE_MAX];
	struct output o;
	ssize_t n;

	output_open(&o, ends[1], &control);
	ck_assert_int_eq(output_line(&o, "a\nb\033[%s\377", "\r"), 0);
	n = read(ends[0], line, sizeof(line));
	ck_assert_int_eq(n, 8);
	ck_assert_mem_eq(line, "a.b.[..\n", 8);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(output_line(&o, "%s", text), 0);
	n = read(ends[0], line, sizeof(line));
	ck_assert_int_gt(n, 4);
	ck_assert_int_lt(n, OUTPUT_LINE_MAX);
	ck_assert_mem_eq(line + n - 5, "x...\n", 5);
	output_close(&o);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("output");
	TCase *c = unit_case(suite, "output");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, ends_by_the_deadline);
	tcase_add_test(c, ends_soon_after_a_signal);
	tcase_add_test(c, waits_for_a_socket_and_for_one_that_does_not_block);
	tcase_add_test(c, notices_that_the_reader_is_gone);
	tcase_add_test(c, a_line_is_one_line);
	return unit_main(suite);
}
