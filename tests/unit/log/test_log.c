/*
 * The log on standard error: a line an event, whole, and with a priority where
 * the journal reads along.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log.h"
#include "unit.h"

static void
set_up(void)
{
	unsetenv("JOURNAL_STREAM");
	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_INFO);
}

START_TEST(writes_a_line_an_event)
{
	const struct log_field field = {"PINGTLS_PEER", "192.0.2.1:1"};

	unit_capture_begin(STDERR_FILENO);
	log_line(LOG_ERR, "%d %s", 1, "is not two");
	log_event(LOG_INFO, &field, 1, "a line has no %s", "fields");
	ck_assert_str_eq(unit_capture_end(),
	    "pingtlsd: 1 is not two\npingtlsd: a line has no fields\n");
}
END_TEST

START_TEST(drops_what_matters_less)
{
	unit_capture_begin(STDERR_FILENO);
	log_line(LOG_DEBUG, "dropped");
	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_WARNING);
	log_line(LOG_INFO, "dropped");
	log_line(LOG_WARNING, "kept");
	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_DEBUG);
	log_line(LOG_DEBUG, "kept, too");
	ck_assert_str_eq(
	    unit_capture_end(), "pingtlsd: kept\npingtlsd: kept, too\n");
}
END_TEST

/* A line that is too long is cut, and is still one. */
START_TEST(cuts_a_line)
{
	char text[2000];
	const char *said;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	unit_capture_begin(STDERR_FILENO);
	log_line(LOG_ERR, "%s", text);
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_uint_gt(strlen(said), 500);
	ck_assert_uint_lt(strlen(said), 600);
	ck_assert_str_eq(said + strlen(said) - 5, "x...\n");
}
END_TEST

/* Lines of several processes must not mix: each is one write, so one packet
 * here. */
START_TEST(writes_a_line_at_once)
{
	int pair[2], saved = dup(STDERR_FILENO);
	char text[256];
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	dup2(pair[0], STDERR_FILENO);
	log_line(LOG_ERR, "one %s", "two");
	log_line(LOG_ERR, "three");
	dup2(saved, STDERR_FILENO);
	n = recv(pair[1], text, sizeof(text), 0);
	ck_assert_int_eq(n, (ssize_t)strlen("pingtlsd: one two\n"));
	ck_assert_mem_eq(text, "pingtlsd: one two\n", (size_t)n);
	close(pair[0]);
	close(pair[1]);
	close(saved);
}
END_TEST

/* Where standard error is the journal's own stream, it wants the priority
 * (sd-daemon(3)); another's stream is none of its business. */
START_TEST(marks_the_priority_for_the_journal)
{
	char stream[64];
	struct stat st;

	unit_capture_begin(STDERR_FILENO);
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_INFO);
	log_line(LOG_ERR, "an error");
	log_line(LOG_INFO, "no error");
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_open("pingtlsd", LOG_TARGET_AUTO, LOG_INFO);
	log_line(LOG_INFO, "elsewhere");
	ck_assert_str_eq(unit_capture_end(),
	    "<3>an error\n<6>no error\npingtlsd: elsewhere\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *c = unit_case(suite, "log");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, writes_a_line_an_event);
	tcase_add_test(c, drops_what_matters_less);
	tcase_add_test(c, cuts_a_line);
	tcase_add_test(c, writes_a_line_at_once);
	tcase_add_test(c, marks_the_priority_for_the_journal);
	return unit_main(suite);
}
