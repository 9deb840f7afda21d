/*
 * The stream in the clear: lines, what stays in the kernel behind them,
 * gathered output, deadlines.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream/protocol.h"
#include "stream/stream.h"
#include "unit.h"
#include "unit_peer.h"
#include "unit_stream.h"

/* Long enough to be waited for, short enough to be waited for often. */
#define SHORT_MS 100
/* A deadline that is over: the next wait ends at once. */
#define OVER 1

static struct stream *s;
static int ours, peer;

static void
begin(const int fds[2])
{
	ours = fds[0];
	peer = fds[1];
	s = stream_new(ours, PROTOCOL_LINE_MAX);
	ck_assert_ptr_nonnull(s);
}

static void
set_up(void)
{
	int fds[2];

	unit_pair(fds);
	begin(fds);
}

static void
set_up_tcp(void)
{
	int fds[2];

	unit_tcp_pair(fds);
	begin(fds);
}

static void
tear_down(void)
{
	stream_free(s);
	if (peer != -1)
		close(peer);
}

static void
hang_up(void)
{
	close(peer);
	peer = -1;
}

/* A TCP peer's octets are there a moment after they were sent. */
static void
settle(size_t octets)
{
	while (unit_waiting(ours) < octets)
		usleep(1000);
}

/*
 * What matters most: of what comes behind the line, at whatever point the
 * segments are cut, not one octet is taken from the kernel.
 */
START_TEST(leaves_what_follows)
{
	static const char line[] = "STARTTLS \r\n";
	static const char tail[] = "\026\003\001\000\n\nPING\nQUIT\n";
	const size_t length = sizeof(line) - 1, rest = sizeof(tail) - 1;
	char seen[sizeof(tail)];

	for (size_t cut = 0; cut < length; cut++) {
		unit_send(peer, line, cut);
		settle(cut);
		stream_set_deadline(s, OVER);
		unit_expect_error(s, STREAM_TIMEOUT);
		ck_assert_uint_eq(unit_waiting(ours), 0);

		unit_send(peer, line + cut, length - cut);
		unit_send(peer, tail, rest);
		settle(length - cut + rest);
		unit_expect(s, "STARTTLS");
		ck_assert_uint_eq(unit_waiting(ours), rest);
		ck_assert_int_eq(
		    recv(ours, seen, sizeof(seen), MSG_PEEK), (ssize_t)rest);
		ck_assert_mem_eq(seen, tail, rest);
		ck_assert_int_eq(
		    recv(ours, seen, sizeof(seen), 0), (ssize_t)rest);
	}
}
END_TEST

START_TEST(leaves_the_next_lines)
{
	unit_send_text(peer, "one\r\n\ntwo\nthr");
	settle(13);
	unit_expect(s, "one");
	ck_assert_uint_eq(unit_waiting(ours), 8);
	unit_expect(s, "");
	ck_assert_uint_eq(unit_waiting(ours), 7);
	unit_expect(s, "two");
	ck_assert_uint_eq(unit_waiting(ours), 3);
	unit_send_text(peer, "ee\n");
	unit_expect(s, "three");
	ck_assert_uint_eq(stream_octets_in(s), 5 + 1 + 4 + 6);
}
END_TEST

START_TEST(trims_only_trailing_white_space)
{
	static const struct {
		const char *sent;
		size_t size;
		const char *line;
		size_t length;
	} cases[] = {
#define CASE(sent, line) {sent, sizeof(sent) - 1, line, sizeof(line) - 1}
	    CASE("PING\n", "PING"),
	    CASE("PING\r\n", "PING"),
	    CASE("PING \t\v\f\r\r\n", "PING"),
	    CASE("  PING  x \n", "  PING  x"),
	    CASE("a\rb\n", "a\rb"),
	    CASE("\n", ""),
	    CASE("\r\n", ""),
	    CASE(" \t \n", ""),
	    CASE("PI\0NG\n", "PI\0NG"),
	    CASE("PING\0\n", "PING\0"),
	    CASE("\0 \0 \n", "\0 \0"),
	    CASE("\xff\x80\xa0\x85\n", "\xff\x80\xa0\x85"),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unit_send(peer, cases[i].sent, cases[i].size);
		unit_expect_octets(s, cases[i].line, cases[i].length);
	}
}
END_TEST

START_TEST(reads_octet_by_octet)
{
	static const char line[] = "STARTTLS\r\n";

	stream_set_deadline(s, OVER);
	for (size_t i = 0; i < sizeof(line) - 2; i++) {
		unit_send(peer, &line[i], 1);
		unit_expect_error(s, STREAM_TIMEOUT);
	}
	unit_send(peer, "\n", 1);
	unit_expect(s, "STARTTLS");
}
END_TEST

/* The LF counts: a line of exactly `size` octets is the longest. */
START_TEST(takes_lines_up_to_the_size)
{
	static const size_t sizes[] = {1, 2, 16, 511, PROTOCOL_LINE_MAX};
	char sent[PROTOCOL_LINE_MAX], line[PROTOCOL_LINE_MAX];
	size_t size = sizes[_i];
	ssize_t n;

	memset(sent, 'x', sizeof(sent));
	sent[size - 1] = '\n';
	unit_send(peer, sent, size);
	n = stream_read_line(s, line, size);
	ck_assert_int_eq(n, (ssize_t)size - 1);
	ck_assert_mem_eq(line, sent, size - 1);

	/* White space counts as well. */
	memset(sent, ' ', size - 1);
	unit_send(peer, sent, size);
	ck_assert_int_eq(stream_read_line(s, line, size), 0);

	/* One more, and no octet beyond the size is read in vain. */
	memset(sent, 'x', size);
	unit_send(peer, sent, size);
	unit_send(peer, "\n", 1);
	ck_assert_int_eq(stream_read_line(s, line, size), STREAM_TOO_LONG);
	ck_assert_uint_eq(unit_waiting(ours), 1);
	ck_assert_str_eq(stream_strerror(s, STREAM_TOO_LONG), "line too long");
}
END_TEST

START_TEST(refuses_a_long_line_in_pieces)
{
	char sent[PROTOCOL_LINE_MAX];

	memset(sent, 'x', sizeof(sent));
	stream_set_deadline(s, OVER);
	for (int i = 0; i < PROTOCOL_LINE_MAX - 1; i++) {
		unit_send(peer, sent, 1);
		unit_expect_error(s, STREAM_TIMEOUT);
	}
	unit_send(peer, sent, 1);
	unit_expect_error(s, STREAM_TOO_LONG);
}
END_TEST

START_TEST(tells_the_end_from_truncation)
{
	unit_send_text(peer, "PING\n");
	hang_up();
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_EOF);
	unit_expect_error(s, STREAM_EOF);
	ck_assert_str_eq(stream_strerror(s, STREAM_EOF), "closed by the peer");
}
END_TEST

START_TEST(names_truncation)
{
	unit_send_text(peer, "PING\nQUI");
	hang_up();
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_TRUNCATED);
	ck_assert_str_eq(stream_strerror(s, STREAM_TRUNCATED),
	    "closed by the peer within a line");
}
END_TEST

/* A line whose LF never came because the peer stopped at the limit. */
START_TEST(calls_a_full_line_without_end_too_long)
{
	char sent[PROTOCOL_LINE_MAX];

	memset(sent, 'x', sizeof(sent));
	unit_send(peer, sent, sizeof(sent));
	hang_up();
	unit_expect_error(s, STREAM_TOO_LONG);
}
END_TEST

START_TEST(goes_on_after_a_timeout)
{
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_expect_error(s, STREAM_TIMEOUT);
	ck_assert_str_eq(stream_strerror(s, STREAM_TIMEOUT), "timed out");
	unit_send_text(peer, "PI");
	unit_expect_error(s, STREAM_TIMEOUT);
	unit_send_text(peer, "NG\nQU");
	unit_expect(s, "PING");
	unit_send_text(peer, "IT\n");
	unit_expect(s, "QUIT");
}
END_TEST

START_TEST(goes_on_after_a_cancel)
{
	int event = eventfd(0, EFD_CLOEXEC);
	eventfd_t value;

	stream_set_cancel(s, event);
	unit_send_text(peer, "PI");
	eventfd_write(event, 1);
	unit_expect_error(s, STREAM_CANCELLED);
	ck_assert_str_eq(stream_strerror(s, STREAM_CANCELLED), "interrupted");
	/* It was only polled. */
	ck_assert_int_eq(eventfd_read(event, &value), 0);
	unit_send_text(peer, "NG\n");
	unit_expect(s, "PING");

	/* What is there needs no wait. */
	eventfd_write(event, 1);
	unit_send_text(peer, "QUIT\n");
	unit_expect(s, "QUIT");
	stream_set_cancel(s, -1);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_expect_error(s, STREAM_TIMEOUT);
	close(event);
}
END_TEST

static void
drip(struct unit_peer *p)
{
	/* Less than a line, so that the reader is never done. */
	for (int i = 0; i < PROTOCOL_LINE_MAX / 2; i++) {
		usleep(5000);
		if (unit_peer_say(p, "x") != 0)
			return;
	}
	unit_peer_linger(p);
}

/* If each octet gained the dripper time, it would have all it wants. */
START_TEST(a_dripping_peer_gains_nothing)
{
	static struct unit_peer p = {.talk = drip};

	p.fd = peer;
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_peer_start(&p);
	unit_expect_error(s, STREAM_TIMEOUT);
	ck_assert_uint_lt(stream_octets_in(s), PROTOCOL_LINE_MAX / 2);
	stream_free(s);
	s = NULL;
	unit_peer_join(&p);
	peer = -1;
}
END_TEST

/* A peer that reads too late hears no reply run into another. */
START_TEST(a_reply_that_does_not_fit_is_left_out_whole)
{
	static const char line[] = "no divisor of a buffer\n",
			  last[] = "last\n";
	static char heard[4 << 20];
	size_t length = 0, at = 0;
	ssize_t n;

	stream_set_deadline(s, OVER);
	while ((n = stream_write(s, line, strlen(line))) == 0)
		;
	ck_assert_int_eq(n, STREAM_TIMEOUT);
	/* There is room for the shorter one, or not, but none to send it. */
	(void)stream_write(s, last, strlen(last));
	do {
		n = recv(peer, heard + length, sizeof(heard) - 1 - length,
		    MSG_DONTWAIT);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0 || stream_flush(s) != 0 || unit_waiting(peer) > 0);

	while (strncmp(heard + at, line, strlen(line)) == 0)
		at += strlen(line);
	ck_assert(heard[at] == '\0' || strcmp(heard + at, last) == 0);
	ck_assert_uint_gt(at, 4096);
}
END_TEST

START_TEST(gathers_output_until_it_waits)
{
	char line[PROTOCOL_LINE_MAX];

	unit_send_text(peer, "1\n2\n");
	unit_expect(s, "1");
	ck_assert_int_eq(stream_write(s, "one\n", 4), 0);
	unit_expect(s, "2");
	ck_assert_int_eq(stream_write(s, "two\n", 4), 0);
	ck_assert_uint_eq(unit_waiting(peer), 0);
	ck_assert_uint_eq(stream_octets_out(s), 8);

	stream_set_deadline(s, OVER);
	ck_assert_int_eq(
	    stream_read_line(s, line, sizeof(line)), STREAM_TIMEOUT);
	ck_assert_uint_eq(unit_waiting(peer), 8);
	ck_assert_int_eq(recv(peer, line, sizeof(line), 0), 8);
	ck_assert_mem_eq(line, "one\ntwo\n", 8);

	ck_assert_int_eq(stream_write(s, "three\n", 6), 0);
	ck_assert_uint_eq(unit_waiting(peer), 0);
	ck_assert_int_eq(stream_flush(s), 0);
	ck_assert_uint_eq(unit_waiting(peer), 6);
}
END_TEST

/* Writes until it does not work; returns why. */
static int
flood(void)
{
	char data[1000];
	int e;

	for (unsigned int i = 0;; i++) {
		memset(data, 'a' + (int)(i % 26), sizeof(data));
		e = stream_write(s, data, sizeof(data));
		if (e != 0)
			return e;
	}
}

static void
hear_all(struct unit_peer *p)
{
	static char data[4 << 20];

	p->result = (int)unit_receive_all(p->fd, data, sizeof(data));
	for (int i = 0; i < p->result; i++)
		if (data[i] != 'a' + i / 1000 % 26)
			p->result = -2;
}

START_TEST(a_peer_that_never_reads_gains_nothing)
{
	static struct unit_peer p = {.talk = hear_all};
	int small = 1;

	setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);

	/* When it reads after all, no octet is lost or doubled. */
	stream_set_deadline(s, DEADLINE_NEVER);
	p.fd = peer;
	unit_peer_start(&p);
	ck_assert_int_eq(stream_flush(s), 0);
	ck_assert_int_eq(stream_close(s, 1000), 0);
	unit_peer_join(&p);
	peer = -1;
	ck_assert_int_gt(p.result, 0);
	ck_assert_int_eq(p.result, (int)stream_octets_out(s));
}
END_TEST

START_TEST(a_write_can_be_cancelled)
{
	int event = eventfd(1, EFD_CLOEXEC);

	stream_set_cancel(s, event);
	ck_assert_int_eq(flood(), STREAM_CANCELLED);
	close(event);
}
END_TEST

static void
ask_often(struct unit_peer *p)
{
	char line[32];

	for (int i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "%d\r\n", i);
		if (unit_peer_say(p, line) != 0)
			return;
	}
	p->result = 1;
}

START_TEST(reads_ten_thousand_lines_in_order)
{
	static struct unit_peer p = {.talk = ask_often};
	char want[32];

	p.fd = peer;
	unit_peer_start(&p);
	for (int i = 0; i < 10000; i++) {
		snprintf(want, sizeof(want), "%d", i);
		unit_expect(s, want);
	}
	unit_expect_error(s, STREAM_EOF);
	unit_peer_join(&p);
	peer = -1;
	ck_assert_int_eq(p.result, 1);
}
END_TEST

/* A close that sends a reset and not an end. */
static void
reset(void)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	hang_up();
}

START_TEST(names_a_reset)
{
	reset();
	unit_expect_error(s, STREAM_SYSTEM);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_str_eq(
	    stream_strerror(s, STREAM_SYSTEM), strerror(ECONNRESET));
}
END_TEST

START_TEST(a_write_to_no_one_is_an_error_and_no_signal)
{
	hang_up();
	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(flood(), STREAM_SYSTEM);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(refuses_what_is_no_socket)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_ptr_null(stream_new(fds[0], PROTOCOL_LINE_MAX));
	ck_assert_int_eq(errno, ENOTSOCK);
	ck_assert_int_ne(fcntl(fds[0], F_GETFD), -1);
	close(fds[0]);
	close(fds[1]);
	ck_assert_ptr_null(stream_new(-1, PROTOCOL_LINE_MAX));
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(sets_the_socket_up)
{
	socklen_t length = sizeof(int);
	int nodelay = 0;

	ck_assert_int_ne(fcntl(ours, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(
	    getsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &nodelay, &length), 0);
	ck_assert_int_ne(nodelay, 0);
}
END_TEST

START_TEST(free_closes_with_no_farewell)
{
	char octet;

	ck_assert_int_eq(stream_write(s, "x", 1), 0);
	stream_free(s);
	s = NULL;
	ck_assert_int_eq(recv(peer, &octet, 1, 0), 0);
	ck_assert_int_eq(fcntl(ours, F_GETFD), -1);
	stream_free(NULL);
}
END_TEST

START_TEST(close_sends_what_was_gathered)
{
	char heard[16];

	ck_assert_int_eq(stream_write(s, "bye\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 0), 0);
	ck_assert_int_eq(unit_receive_all(peer, heard, sizeof(heard)), 4);
	ck_assert_mem_eq(heard, "bye\n", 4);
}
END_TEST

static void
talk_too_much(struct unit_peer *p)
{
	static char line[256 * 1024];

	memset(line, 'x', sizeof(line) - 1);
	p->result = unit_peer_say(p, line);
	shutdown(p->fd, SHUT_WR);
	/* The last reply is still on its way, or was thrown away. */
	if (p->result == 0)
		p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

/* Without the linger the kernel resets the connection for what was not read. */
START_TEST(the_last_reply_survives_unread_input)
{
	static struct unit_peer p = {.talk = talk_too_much};

	p.fd = peer;
	unit_peer_start(&p);
	unit_expect_error(s, STREAM_TOO_LONG);
	ck_assert_int_eq(stream_write(s, "ERR\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	stream_free(s);
	s = NULL;
	unit_peer_join(&p);
	peer = -1;
	ck_assert_int_eq(p.result, 0);
	ck_assert_str_eq(p.heard, "ERR\n");
}
END_TEST

/* Goes on for a moment after the last reply, then reads the end. */
static void
talk_on(struct unit_peer *p)
{
	unit_peer_say(p, "one\n");
	unit_peer_hear(p, 4);
	for (int i = 0; i < 100 && p->result == 0; i++) {
		usleep(1000);
		p->result = unit_peer_say(p, "and another thing\n");
	}
	if (p->result == 0)
		p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

/* What is not there yet when the stream closes must not be reset either. */
START_TEST(the_last_reply_survives_later_input)
{
	static struct unit_peer p = {.talk = talk_on};

	p.fd = peer;
	unit_peer_start(&p);
	unit_expect(s, "one");
	ck_assert_int_eq(stream_write(s, "ERR\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	stream_free(s);
	s = NULL;
	unit_peer_join(&p);
	peer = -1;
	ck_assert_int_eq(p.result, 0);
	ck_assert_str_eq(p.heard, "ERR\n");
}
END_TEST

static void
talk_for_ever(struct unit_peer *p)
{
	while (unit_peer_say(p, "and another thing\n") == 0)
		;
}

START_TEST(a_talkative_peer_cannot_hold_the_close)
{
	static struct unit_peer p = {.talk = talk_for_ever};

	p.fd = peer;
	unit_peer_start(&p);
	unit_expect(s, "and another thing");
	ck_assert_int_eq(stream_close(s, SHORT_MS), 0);
	stream_free(s);
	s = NULL;
	unit_peer_join(&p);
	peer = -1;
}
END_TEST

START_TEST(a_silent_peer_cannot_hold_the_close)
{
	unit_send_text(peer, "unread\n");
	ck_assert_int_eq(stream_close(s, SHORT_MS), 0);
}
END_TEST

START_TEST(a_peer_that_never_reads_cannot_hold_the_close)
{
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);
	stream_set_deadline(s, DEADLINE_NEVER);
	ck_assert_int_eq(stream_close(s, SHORT_MS), STREAM_TIMEOUT);
}
END_TEST

static void
add_lines(Suite *suite, const char *name, void (*before)(void))
{
	TCase *c = unit_case(suite, name);

	tcase_add_checked_fixture(c, before, tear_down);
	tcase_add_test(c, leaves_what_follows);
	tcase_add_test(c, leaves_the_next_lines);
	tcase_add_test(c, goes_on_after_a_timeout);
	tcase_add_test(c, a_dripping_peer_gains_nothing);
	tcase_add_test(c, a_peer_that_never_reads_gains_nothing);
	tcase_add_test(c, reads_ten_thousand_lines_in_order);
	tcase_add_test(c, the_last_reply_survives_unread_input);
	tcase_add_test(c, the_last_reply_survives_later_input);
	tcase_add_test(c, a_talkative_peer_cannot_hold_the_close);
}

int
main(void)
{
	Suite *suite = suite_create("stream");
	TCase *c;

	add_lines(suite, "unix", set_up);
	add_lines(suite, "tcp", set_up_tcp);

	c = unit_case(suite, "lines");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, trims_only_trailing_white_space);
	tcase_add_test(c, reads_octet_by_octet);
	tcase_add_loop_test(c, takes_lines_up_to_the_size, 0, 5);
	tcase_add_test(c, refuses_a_long_line_in_pieces);
	tcase_add_test(c, tells_the_end_from_truncation);
	tcase_add_test(c, names_truncation);
	tcase_add_test(c, calls_a_full_line_without_end_too_long);
	tcase_add_test(c, goes_on_after_a_cancel);

	c = unit_case(suite, "output");
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, gathers_output_until_it_waits);
	tcase_add_test(c, a_reply_that_does_not_fit_is_left_out_whole);
	tcase_add_test(c, a_write_can_be_cancelled);
	tcase_add_test(c, a_write_to_no_one_is_an_error_and_no_signal);
	tcase_add_test(c, free_closes_with_no_farewell);
	tcase_add_test(c, close_sends_what_was_gathered);
	tcase_add_test(c, a_silent_peer_cannot_hold_the_close);
	tcase_add_test(c, a_peer_that_never_reads_cannot_hold_the_close);
	tcase_add_test(c, refuses_what_is_no_socket);

	c = unit_case(suite, "socket");
	tcase_add_checked_fixture(c, set_up_tcp, tear_down);
	tcase_add_test(c, names_a_reset);
	tcase_add_test(c, sets_the_socket_up);

	return unit_main(suite);
}
