/*
 * The stream once upgraded: lines in records, deadlines, the orderly end and
 * its opposite.
 */
#include <errno.h>
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

#define SHORT_MS 200
/* A deadline that is over: the next wait ends at once. */
#define OVER 1

static struct stream *s;
static int ours;
static struct unit_peer peer;
static const char *const versions[] = {UNIT_TLS_1_2, UNIT_TLS_1_3};

static void
tear_down(void)
{
	stream_free(s);
}

/* Upgrades as server; the peer goes on with `talk`. */
static void
meet(int fds[2], const char *version, void (*talk)(struct unit_peer *))
{
	ours = fds[0];
	peer.fd = fds[1];
	peer.role = GNUTLS_CLIENT;
	peer.priority = version;
	peer.talk = talk;
	s = stream_new(ours, PROTOCOL_LINE_MAX);
	ck_assert_ptr_nonnull(s);
	unit_peer_start(&peer);
	ck_assert_int_eq(
	    stream_upgrade(
		s, unit_tls_session(GNUTLS_SERVER | GNUTLS_NONBLOCK, version)),
	    0);
}

static void
begin(int version, void (*talk)(struct unit_peer *))
{
	int fds[2];

	unit_pair(fds);
	meet(fds, versions[version], talk);
}

static void
begin_tcp(int version, void (*talk)(struct unit_peer *))
{
	int fds[2];

	unit_tcp_pair(fds);
	meet(fds, versions[version], talk);
}

static void
finish(void)
{
	stream_free(s);
	s = NULL;
	unit_peer_join(&peer);
}

static void
hear_to_the_end(struct unit_peer *p)
{
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

static void
say_in_pieces(struct unit_peer *p)
{
	static const char octets[] = "PI\0NG\xff \r\n";

	unit_peer_say(p, "one\r\n\ntwo\nthr");
	unit_peer_say(p, "ee \t\v\f\r\n");
	for (size_t i = 0; i < sizeof(octets) - 1; i++)
		gnutls_record_send(p->tls, &octets[i], 1);
	unit_peer_say(p, " x\n");
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
}

START_TEST(lines_need_not_be_records)
{
	begin(_i, say_in_pieces);
	unit_expect(s, "one");
	unit_expect(s, "");
	unit_expect(s, "two");
	unit_expect(s, "three");
	unit_expect_octets(s, "PI\0NG\xff", 6);
	unit_expect(s, " x");
	unit_expect_error(s, STREAM_EOF);
	ck_assert_uint_eq(stream_octets_in(s), 5 + 1 + 4 + 11 + 9 + 3);
	finish();
}
END_TEST

/* A line of `size` octets with its LF, then a line of one more. */
static void
say_long(struct unit_peer *p)
{
	char line[PROTOCOL_LINE_MAX + 2];

	memset(line, 'x', sizeof(line));
	line[PROTOCOL_LINE_MAX - 1] = '\n';
	line[PROTOCOL_LINE_MAX] = '\0';
	unit_peer_say(p, line);
	memset(line, 'x', sizeof(line));
	line[PROTOCOL_LINE_MAX] = '\n';
	line[PROTOCOL_LINE_MAX + 1] = '\0';
	unit_peer_say(p, line);
	unit_peer_linger(p);
}

START_TEST(takes_lines_up_to_the_size)
{
	char want[PROTOCOL_LINE_MAX];

	memset(want, 'x', sizeof(want));
	begin(_i, say_long);
	unit_expect_octets(s, want, PROTOCOL_LINE_MAX - 1);
	unit_expect_error(s, STREAM_TOO_LONG);
	finish();
}
END_TEST

/* Ten thousand lines, a hundred at a time: one who never takes a reply cannot
 * ask for ever. */
static void
ask_often(struct unit_peer *p)
{
	char lines[100 * 8];

	for (int i = 0; i < 10000; i += 100) {
		int length = 0, cr = 0;

		for (int j = i; j < i + 100; j++, cr++)
			length += snprintf(lines + length,
			    sizeof(lines) - (size_t)length, "%d\r\n", j);
		if (unit_peer_say(p, lines) != 0 ||
		    unit_peer_hear(p, (size_t)(length - cr)) != 1)
			return;
	}
	hear_to_the_end(p);
}

START_TEST(answers_ten_thousand_lines_in_order)
{
	char want[32], *at = peer.heard;

	begin(_i, ask_often);
	for (int i = 0; i < 10000; i++) {
		snprintf(want, sizeof(want), "%d", i);
		unit_expect(s, want);
		strcat(want, "\n");
		ck_assert_int_eq(stream_write(s, want, strlen(want)), 0);
	}
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_int_eq(peer.result, 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(want, sizeof(want), "%d\n", i);
		ck_assert_mem_eq(at, want, strlen(want));
		at += strlen(want);
	}
	ck_assert_str_eq(at, "");
}
END_TEST

/* Takes one record at once. */
static void
hear_a_record(struct unit_peer *p)
{
	ssize_t n;

	do
		n = gnutls_record_recv(p->tls, p->heard, sizeof(p->heard));
	while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
	p->result = (int)n;
}

START_TEST(gathers_output_into_a_record)
{
	begin(_i, hear_a_record);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(stream_write(s, "PONG\n", 5), 0);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	/* The peer goes without a word, or the deadline is first. */
	ck_assert_int_lt(stream_read_line(s, (char[1]){0}, 1), 0);
	finish();
	ck_assert_int_eq(peer.result, 500);
}
END_TEST

/* Records that have not been sent yet. */
static char kept[1024];
static size_t kept_length;

static ssize_t
keep(gnutls_transport_ptr_t transport, const void *data, size_t size)
{
	(void)transport;
	memcpy(kept + kept_length, data, size);
	kept_length += size;
	return (ssize_t)size;
}

/* Two records arrive as one; `later` octets of the second follow once there was
 * an answer. */
static void
ask_twice(struct unit_peer *p, size_t later)
{
	size_t now;

	gnutls_transport_set_push_function(p->tls, keep);
	unit_peer_say(p, "one\n");
	unit_peer_say(p, "two\n");
	now = kept_length - later;
	send(p->fd, kept, now, MSG_NOSIGNAL);
	hear_a_record(p);
	send(p->fd, kept + now, later, MSG_NOSIGNAL);
	unit_peer_linger(p);
}

static void
ask_together(struct unit_peer *p)
{
	ask_twice(p, 0);
}

static void
ask_by_halves(struct unit_peer *p)
{
	ask_twice(p, 10);
}

static void
answer_both(void)
{
	unit_expect(s, "one");
	ck_assert_int_eq(stream_write(s, "1\n", 2), 0);
	unit_expect(s, "two");
	ck_assert_int_eq(stream_write(s, "2\n", 2), 0);
	ck_assert_int_eq(stream_flush(s), 0);
	finish();
}

START_TEST(answers_records_that_wait_together)
{
	begin(_i, ask_together);
	answer_both();
	ck_assert_int_eq(peer.result, 4);
}
END_TEST

START_TEST(an_answer_does_not_wait_for_the_rest_of_a_record)
{
	begin(_i, ask_by_halves);
	answer_both();
	ck_assert_int_eq(peer.result, 2);
}
END_TEST

static void
say_two_lines(struct unit_peer *p)
{
	unit_peer_say(p, "one\ntwo\nthr");
	unit_peer_linger(p);
}

START_TEST(knows_a_line_that_is_here)
{
	begin(_i, say_two_lines);
	ck_assert(!stream_has_line(s));
	unit_expect(s, "one");
	ck_assert(stream_has_line(s));
	unit_expect(s, "two");
	ck_assert(!stream_has_line(s));
	finish();
}
END_TEST

/* Says the rest once it is asked to. */
static void
say_in_parts(struct unit_peer *p)
{
	unit_peer_say(p, "PI");
	unit_peer_hear(p, 1);
	unit_peer_say(p, "NG\nQU");
	unit_peer_hear(p, 1);
	unit_peer_say(p, "IT\n");
	unit_peer_linger(p);
}

START_TEST(goes_on_after_a_timeout_and_a_cancel)
{
	int event = eventfd(1, EFD_CLOEXEC);
	const char *octets;

	begin(_i, say_in_parts);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_expect_error(s, STREAM_TIMEOUT);
	stream_set_deadline(s, DEADLINE_NEVER);
	ck_assert_int_eq(stream_write(s, "1", 1), 0);
	unit_expect(s, "PING");
	stream_set_cancel(s, event);
	unit_expect_error(s, STREAM_CANCELLED);
	ck_assert_uint_eq(stream_unfinished(s, &octets), 2);
	ck_assert_mem_eq(octets, "QU", 2);
	stream_set_cancel(s, -1);
	ck_assert_int_eq(stream_write(s, "2", 1), 0);
	unit_expect(s, "QUIT");
	finish();
	close(event);
}
END_TEST

/* Long, so that it takes far more than the deadline to come. */
static char long_line[PROTOCOL_LINE_MAX];

static void
say_a_line(struct unit_peer *p)
{
	memset(long_line, 'x', sizeof(long_line) - 2);
	long_line[sizeof(long_line) - 2] = '\n';
	unit_peer_say(p, long_line);
	unit_peer_linger(p);
}

/* The octets of a record come one by one. */
START_TEST(a_dripping_record_gains_nothing)
{
	peer.drips_talk = true;
	begin(_i, say_a_line);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_expect_error(s, STREAM_TIMEOUT);
	/* The deadline may be moved; the record goes on where it was. */
	stream_set_deadline(s, DEADLINE_NEVER);
	unit_expect_octets(s, long_line, sizeof(long_line) - 2);
	finish();
}
END_TEST

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

/* Reads nothing until it is told to, then all. */
static int may_read[2];

static void
hear_late(struct unit_peer *p)
{
	static char data[4 << 20];
	size_t length = 0;
	ssize_t n;
	char go;

	if (read(may_read[0], &go, 1) != 1)
		return;
	while ((n = gnutls_record_recv(
		    p->tls, data + length, sizeof(data) - length)) > 0)
		length += (size_t)n;
	p->result = n < 0 ? (int)n : (int)length;
	for (size_t i = 0; i < length; i++)
		if (data[i] != 'a' + (int)(i / 1000 % 26))
			p->result = -1;
}

START_TEST(a_peer_that_never_reads_gains_nothing)
{
	ck_assert_int_eq(pipe(may_read), 0);
	begin(_i, hear_late);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);

	/* When it reads after all, no octet is lost or doubled. */
	stream_set_deadline(s, DEADLINE_NEVER);
	ck_assert_int_eq(write(may_read[1], "", 1), 1);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	unit_peer_join(&peer);
	ck_assert_int_gt(peer.result, 0);
	ck_assert_int_eq(peer.result, (int)stream_octets_out(s));
	close(may_read[0]);
	close(may_read[1]);
}
END_TEST

START_TEST(a_peer_that_never_reads_cannot_hold_the_close)
{
	ck_assert_int_eq(pipe(may_read), 0);
	begin(_i, hear_late);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(flood(), STREAM_TIMEOUT);
	stream_set_deadline(s, DEADLINE_NEVER);
	ck_assert_int_eq(stream_close(s, SHORT_MS), STREAM_TIMEOUT);
	close(may_read[1]); /* lets it go */
	finish();
	close(may_read[0]);
}
END_TEST

/* The end with and without close_notify, between lines and within one. */
static void
end_in_order(struct unit_peer *p)
{
	unit_peer_say(p, "PING\n");
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
}

START_TEST(takes_close_notify_for_the_end)
{
	begin(_i, end_in_order);
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_EOF);
	finish();
}
END_TEST

static void
end_without_a_word(struct unit_peer *p)
{
	unit_peer_say(p, "PING\n");
}

START_TEST(tells_truncation_from_the_end)
{
	begin(_i, end_without_a_word);
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_TRUNCATED);
	ck_assert_str_eq(stream_strerror(s, STREAM_TRUNCATED),
	    "closed by the peer without close_notify");
	finish();
}
END_TEST

static void
end_within_a_line(struct unit_peer *p)
{
	unit_peer_say(p, "PING\nQUI");
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
}

START_TEST(takes_an_end_within_a_line_for_truncation)
{
	begin(_i, end_within_a_line);
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_TRUNCATED);
	/* It did say close_notify. */
	ck_assert_str_eq(stream_strerror(s, STREAM_TRUNCATED),
	    "closed by the peer within a line");
	finish();
}
END_TEST

START_TEST(close_says_close_notify)
{
	begin(_i, hear_to_the_end);
	ck_assert_int_eq(stream_write(s, "bye\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_int_eq(peer.result, 0);
	ck_assert_str_eq(peer.heard, "bye\n");
}
END_TEST

START_TEST(free_says_nothing)
{
	begin(_i, hear_to_the_end);
	ck_assert_int_eq(stream_write(s, "bye\n", 4), 0);
	finish();
	ck_assert_int_eq(peer.result, GNUTLS_E_PREMATURE_TERMINATION);
	ck_assert_uint_eq(peer.heard_length, 0);
}
END_TEST

static void
talk_too_much(struct unit_peer *p)
{
	static char line[256 * 1024];

	memset(line, 'x', sizeof(line) - 1);
	p->result = unit_peer_say(p, line);
	shutdown(p->fd, SHUT_WR);
	if (p->result == 0)
		hear_to_the_end(p);
}

START_TEST(the_last_reply_survives_unread_input)
{
	begin_tcp(_i, talk_too_much);
	unit_expect_error(s, STREAM_TOO_LONG);
	ck_assert_int_eq(stream_write(s, "ERR\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_int_eq(peer.result, 0);
	ck_assert_str_eq(peer.heard, "ERR\n");
}
END_TEST

/* Octets that no record of this session begins with. */
static void
say_noise(struct unit_peer *p)
{
	send(p->fd, "PING\nPING\nPING\n", 15, MSG_NOSIGNAL);
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

START_TEST(refuses_what_is_no_record)
{
	begin(_i, say_noise);
	unit_expect_error(s, STREAM_TLS);
	ck_assert_int_lt(stream_tls_error(s), 0);
	ck_assert_str_eq(stream_strerror(s, STREAM_TLS),
	    gnutls_strerror(stream_tls_error(s)));
	finish();
	ck_assert_int_eq(peer.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
}
END_TEST

/* A record whose octets were changed on the way. */
static void
say_forged(struct unit_peer *p)
{
	static const char record[] = "\027\003\003\000\040"
				     "0123456789abcdef0123456789abcdef";

	send(p->fd, record, sizeof(record) - 1, MSG_NOSIGNAL);
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

START_TEST(refuses_a_forged_record)
{
	begin(_i, say_forged);
	unit_expect_error(s, STREAM_TLS);
	finish();
	ck_assert_int_eq(peer.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
}
END_TEST

static void
say_alert(struct unit_peer *p)
{
	gnutls_alert_send(p->tls, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
	unit_peer_linger(p);
}

START_TEST(names_an_alert_of_the_peer)
{
	begin(_i, say_alert);
	unit_expect_error(s, STREAM_TLS);
	ck_assert_str_eq(stream_strerror(s, STREAM_TLS),
	    "TLS alert from the peer: Internal error");
	finish();
}
END_TEST

/* The octets that come until the end, TLS's own included. */
static size_t
count_raw(int fd)
{
	char octets[256];
	size_t count = 0;
	ssize_t n;

	while ((n = recv(fd, octets, sizeof(octets), 0)) > 0)
		count += (size_t)n;
	return count;
}

static void
count_after_noise(struct unit_peer *p)
{
	say_noise(p);
	p->heard_length = count_raw(p->fd);
}

static void
count_after_alert(struct unit_peer *p)
{
	gnutls_alert_send(p->tls, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
	unit_peer_hear(p, strlen("PONG\n"));
	p->heard_length = count_raw(p->fd);
}

/* Sent or received (RFC 8446, 6.2). */
START_TEST(nothing_follows_a_fatal_alert)
{
	begin(_i % 2, _i < 2 ? count_after_noise : count_after_alert);
	ck_assert_int_eq(stream_write(s, "PONG\n", 5), 0);
	unit_expect_error(s, STREAM_TLS);
	ck_assert_int_eq(stream_write(s, "bye\n", 4), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_uint_eq(peer.heard_length, 0);
}
END_TEST

static void
warn_for_ever(struct unit_peer *p)
{
	while (gnutls_alert_send(
		   p->tls, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION) == 0)
		;
}

/* There is always something to read, so no wait looks at the clock. */
START_TEST(a_flood_of_warnings_gains_nothing)
{
	begin(0, warn_for_ever);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	unit_expect_error(s, STREAM_TIMEOUT);
	finish();
}
END_TEST

static void
renegotiate(struct unit_peer *p)
{
	do
		p->result = gnutls_handshake(p->tls);
	while (
	    p->result == GNUTLS_E_AGAIN || p->result == GNUTLS_E_INTERRUPTED);
	if (p->result < 0)
		p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

/* By a warning, after which the end is in order. */
START_TEST(refuses_renegotiation)
{
	begin(0, renegotiate);
	unit_expect_error(s, STREAM_TLS);
	ck_assert_int_eq(stream_tls_error(s), GNUTLS_E_REHANDSHAKE);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_int_eq(peer.result, 0);
}
END_TEST

static void
update_keys(struct unit_peer *p)
{
	unit_peer_say(p, "one\n");
	gnutls_session_key_update(p->tls, GNUTLS_KU_PEER);
	unit_peer_say(p, "two\n");
	hear_to_the_end(p);
}

START_TEST(goes_on_with_new_keys)
{
	begin(1, update_keys);
	unit_expect(s, "one");
	unit_expect(s, "two");
	ck_assert_int_eq(stream_write(s, "three\n", 6), 0);
	ck_assert_int_eq(stream_close(s, 60000), 0);
	finish();
	ck_assert_int_eq(peer.result, 0);
	ck_assert_str_eq(peer.heard, "three\n");
}
END_TEST

/* A record that is all padding (RFC 8446, 5.4) is neither line nor end. */
static void
say_nothing(struct unit_peer *p)
{
	unit_peer_say(p, "PI");
	gnutls_record_send2(p->tls, NULL, 0, 100, 0);
	unit_peer_say(p, "NG\n");
	gnutls_record_send2(p->tls, NULL, 0, 100, 0);
	gnutls_bye(p->tls, GNUTLS_SHUT_WR);
}

START_TEST(an_empty_record_is_no_end)
{
	begin(1, say_nothing);
	unit_expect(s, "PING");
	unit_expect_error(s, STREAM_EOF);
	finish();
}
END_TEST

static void
vanish(struct unit_peer *p)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	unit_peer_hear(p, 1); /* the handshake is done */
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

START_TEST(names_a_reset)
{
	begin_tcp(_i, vanish);
	ck_assert_int_eq(stream_write(s, "x", 1), 0);
	ck_assert_int_eq(stream_flush(s), 0);
	unit_peer_join(&peer);
	unit_expect_error(s, STREAM_SYSTEM);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_str_eq(
	    stream_strerror(s, STREAM_SYSTEM), strerror(ECONNRESET));
}
END_TEST

START_TEST(a_write_to_no_one_is_an_error_and_no_signal)
{
	begin(_i, NULL);
	unit_peer_join(&peer);
	ck_assert_int_eq(flood(), STREAM_SYSTEM);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

static void
add(Suite *suite, const char *name, const TTest *test, int count)
{
	TCase *c = unit_case(suite, name);

	tcase_add_checked_fixture(c, NULL, tear_down);
	tcase_add_loop_test(c, test, 0, count);
}

int
main(void)
{
	Suite *suite = suite_create("stream_tls");

	/* Each with TLS 1.2 and 1.3, but for what only one of them has. */
	add(suite, "lines", lines_need_not_be_records, 2);
	add(suite, "lines", takes_lines_up_to_the_size, 2);
	add(suite, "lines", answers_ten_thousand_lines_in_order, 2);
	add(suite, "lines", gathers_output_into_a_record, 2);
	add(suite, "lines", answers_records_that_wait_together, 2);
	add(suite, "lines", an_answer_does_not_wait_for_the_rest_of_a_record,
	    2);
	add(suite, "lines", knows_a_line_that_is_here, 2);
	add(suite, "lines", an_empty_record_is_no_end, 1);

	add(suite, "deadline", goes_on_after_a_timeout_and_a_cancel, 2);
	add(suite, "deadline", a_dripping_record_gains_nothing, 2);
	add(suite, "deadline", a_peer_that_never_reads_gains_nothing, 2);
	add(suite, "deadline", a_peer_that_never_reads_cannot_hold_the_close,
	    2);
	add(suite, "deadline", a_flood_of_warnings_gains_nothing, 1);

	add(suite, "end", takes_close_notify_for_the_end, 2);
	add(suite, "end", tells_truncation_from_the_end, 2);
	add(suite, "end", takes_an_end_within_a_line_for_truncation, 2);
	add(suite, "end", close_says_close_notify, 2);
	add(suite, "end", free_says_nothing, 2);
	add(suite, "end", the_last_reply_survives_unread_input, 2);

	add(suite, "failure", refuses_what_is_no_record, 2);
	add(suite, "failure", refuses_a_forged_record, 2);
	add(suite, "failure", names_an_alert_of_the_peer, 2);
	add(suite, "failure", nothing_follows_a_fatal_alert, 4);
	add(suite, "failure", refuses_renegotiation, 1);
	add(suite, "failure", goes_on_with_new_keys, 1);
	add(suite, "failure", names_a_reset, 2);
	add(suite, "failure", a_write_to_no_one_is_an_error_and_no_signal, 2);

	return unit_main(suite);
}
