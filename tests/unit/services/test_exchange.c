/*
 * The exchange's bounds in time, lines and octets, and how it ends.
 */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/exchange_internal.h"
#include "unit.h"
#include "unit_exchange.h"

/* Waited for, and so short. */
#define SHORT_MS 50
#define LONG_MS 60000

static struct exchange e;
static int peer;

static void
set_up(void)
{
	int fds[2];

	unit_pair(fds);
	peer = fds[1];
	e = (struct exchange){.service = service_find("smtp"),
	    .stream = stream_new(fds[0], EXCHANGE_LINE_MAX),
	    .address = UNIT_ADDRESS,
	    .domain = UNIT_DOMAIN,
	    .greeting_ms = LONG_MS,
	    .step_ms = LONG_MS,
	    .end = DEADLINE_NEVER};
	ck_assert_ptr_nonnull(e.stream);
}

static void
tear_down(void)
{
	stream_free(e.stream);
	close(peer);
}

static void
fails(enum reason reason, const char *message)
{
	ck_assert_int_eq(exchange_upgrade(&e), -1);
	ck_assert_int_eq(e.reason, reason);
	ck_assert_msg(strstr(e.message, message) == e.message, "%s", e.message);
}

START_TEST(gives_the_greeting_its_time)
{
	e.greeting_ms = SHORT_MS;
	fails(REASON_TIMEOUT, "the server did not send its greeting within 0.");
	ck_assert_int_eq(e.greeted, 0);
	ck_assert_int_eq(e.ready, 0);
}
END_TEST

/* An octet now and then gains no time. */
START_TEST(gives_each_command_its_time)
{
	e.step_ms = SHORT_MS;
	unit_send_text(peer, "220 mx\r\n250-");
	fails(REASON_TIMEOUT,
	    "the server did not send the whole of its reply to EHLO within 0.");
	ck_assert_int_gt(e.greeted, 0);
}
END_TEST

START_TEST(gives_all_its_time)
{
	e.end = deadline_in(SHORT_MS);
	unit_send_text(peer, "220 mx\r\n");
	fails(REASON_TIMEOUT,
	    "the server did not send its reply to EHLO within 0.");
}
END_TEST

START_TEST(a_time_has_no_exponent)
{
	e.end = deadline_now();
	ck_assert_int_eq(exchange_upgrade(&e), -1);
	ck_assert_ptr_nonnull(strstr(e.message, "within 0.00"));
	ck_assert_ptr_null(strstr(e.message, "e-"));
}
END_TEST

START_TEST(says_that_it_was_cut)
{
	char text[2 * sizeof(e.message)];

	memset(text, 'a', sizeof(text));
	exchange_fail(&e, REASON_PROTOCOL, "%.*s", (int)sizeof(text), text);
	ck_assert_uint_eq(strlen(e.message), sizeof(e.message) - 1);
	ck_assert_ptr_nonnull(strstr(e.message, "aaa..."));
}
END_TEST

START_TEST(stops_when_told)
{
	int cancel[2];

	unit_pair(cancel);
	unit_send_text(cancel[1], "x");
	stream_set_cancel(e.stream, cancel[0]);
	fails(REASON_INTERRUPTED, "interrupted");
	close(cancel[0]);
	close(cancel[1]);
}
END_TEST

START_TEST(bounds_the_lines)
{
	for (int i = 0; i < EXCHANGE_LINES_MAX; i++)
		unit_send_text(peer, "220-mx\r\n");
	unit_send_text(peer, "220 mx\r\n");
	fails(REASON_PROTOCOL, "the server sent more than 256 lines before the "
			       "end of its greeting");
}
END_TEST

static void *
say_long_lines(void *argument)
{
	static char line[EXCHANGE_LINE_MAX];

	(void)argument;
	memset(line, 'x', sizeof(line));
	memcpy(line, "220-", 4);
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < EXCHANGE_OCTETS_MAX / EXCHANGE_LINE_MAX + 1; i++)
		if (send(peer, line, sizeof(line), MSG_NOSIGNAL) == -1)
			break;
	return NULL;
}

START_TEST(bounds_the_octets)
{
	pthread_t thread;

	ck_assert_int_eq(
	    pthread_create(&thread, NULL, say_long_lines, NULL), 0);
	fails(REASON_PROTOCOL, "the server sent more than 65536 octets before "
			       "the end of its greeting");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(bounds_a_line)
{
	char line[EXCHANGE_LINE_MAX + 1];

	memset(line, '2', sizeof(line));
	unit_send(peer, line, sizeof(line));
	fails(REASON_PROTOCOL,
	    "the server's greeting has more than 8192 octets without an end");
	ck_assert_uint_eq(strlen(e.reply), 0);
}
END_TEST

/* What it shows is fit for a terminal, and an end that is not shown is said. */
START_TEST(shows_a_reply_as_printable_text)
{
	char line[EXCHANGE_REPLY_MAX + 2];

	unit_send_text(peer, "554 \033[2J\a\377\r\n");
	fails(REASON_SERVICE_REFUSED,
	    "the server refused service: \"554 .[2J..\"");
	tear_down();
	set_up();
	memset(line, 'x', sizeof(line));
	memcpy(line, "554 ", 4);
	line[sizeof(line) - 1] = '\n';
	unit_send(peer, line, sizeof(line));
	fails(REASON_SERVICE_REFUSED, "the server refused service: \"554 xxx");
	ck_assert_uint_eq(strlen(e.reply), EXCHANGE_REPLY_MAX - 1);
	ck_assert_str_eq(e.reply + EXCHANGE_REPLY_MAX - 5, "x...");
}
END_TEST

/* The farewell is said where the service has one, and nothing is where it has
 * none. */
START_TEST(says_nothing_over_tls_to_what_it_does_not_know)
{
	static const struct unit_said script[UNIT_SCRIPT_MOST] = {TLS};
	const struct exchange *done = unit_exchange("tls", script);

	ck_assert_int_eq(done->reason, REASON_NONE);
	ck_assert_int_eq(done->ending, EXCHANGE_CLOSE_NOTIFY);
}
END_TEST

/* RFC 5321, 4.1.3. */
START_TEST(names_itself_by_its_address)
{
	static const struct {
		const char *address, *said;
	} cases[] = {
	    {"192.0.2.7", "EHLO [192.0.2.7]\r\n"},
	    {"2001:db8::7", "EHLO [IPv6:2001:db8::7]\r\n"},
	    {"fe80::7%eth0", "EHLO [IPv6:fe80::7]\r\n"},
	};
	char said[64];
	ssize_t n;

	e.address = cases[_i].address;
	unit_send_text(peer, "220 mx\r\n500 what?\r\n");
	fails(REASON_SERVICE_REFUSED, "the server refused EHLO");
	n = recv(peer, said, sizeof(said), 0);
	ck_assert_int_eq(n, (ssize_t)strlen(cases[_i].said));
	ck_assert_mem_eq(said, cases[_i].said, (size_t)n);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exchange");
	TCase *c = unit_case(suite, "exchange");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, gives_the_greeting_its_time);
	tcase_add_test(c, gives_each_command_its_time);
	tcase_add_test(c, gives_all_its_time);
	tcase_add_test(c, a_time_has_no_exponent);
	tcase_add_test(c, says_that_it_was_cut);
	tcase_add_test(c, stops_when_told);
	tcase_add_test(c, bounds_the_lines);
	tcase_add_test(c, bounds_the_octets);
	tcase_add_test(c, bounds_a_line);
	tcase_add_test(c, shows_a_reply_as_printable_text);
	tcase_add_test(c, says_nothing_over_tls_to_what_it_does_not_know);
	tcase_add_loop_test(c, names_itself_by_its_address, 0, 3);
	return unit_main(suite);
}
