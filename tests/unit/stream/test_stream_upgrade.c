/*
 * The stream's upgrade: handshakes as server and as client, and what comes of
 * those that fail.
 */
#include <errno.h>
#include <fcntl.h>
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

static void
set_up(void)
{
	int fds[2];

	unit_pair(fds);
	ours = fds[0];
	peer = (struct unit_peer){.fd = fds[1]};
	s = stream_new(ours, PROTOCOL_LINE_MAX);
	ck_assert_ptr_nonnull(s);
}

static void
tear_down(void)
{
	stream_free(s);
}

/* The stream's end goes, so that the peer's thread ends whatever it does. */
static void
finish(void)
{
	stream_free(s);
	s = NULL;
	unit_peer_join(&peer);
}

static int
upgrade(unsigned int role, const char *priority)
{
	return stream_upgrade(
	    s, unit_tls_session(role | GNUTLS_NONBLOCK, priority));
}

static const struct {
	unsigned int role; /* the stream's */
	const char *priority;
	gnutls_protocol_t version;
} ways[] = {
    {GNUTLS_SERVER, UNIT_TLS_1_2, GNUTLS_TLS1_2},
    {GNUTLS_SERVER, UNIT_TLS_1_3, GNUTLS_TLS1_3},
    {GNUTLS_CLIENT, UNIT_TLS_1_2, GNUTLS_TLS1_2},
    {GNUTLS_CLIENT, UNIT_TLS_1_3, GNUTLS_TLS1_3},
};
#define WAYS ((int)(sizeof(ways) / sizeof(ways[0])))

static unsigned int
other(unsigned int role)
{
	return role == GNUTLS_SERVER ? GNUTLS_CLIENT : GNUTLS_SERVER;
}

static void
answer(struct unit_peer *p)
{
	unit_peer_say(p, "ping\n");
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

START_TEST(upgrades_in_place)
{
	peer.role = other(ways[_i].role);
	peer.priority = ways[_i].priority;
	peer.talk = answer;
	unit_peer_start(&peer);
	ck_assert_ptr_null(stream_tls(s));
	ck_assert_int_eq(upgrade(ways[_i].role, ways[_i].priority), 0);
	ck_assert_ptr_nonnull(stream_tls(s));
	ck_assert_int_eq(
	    gnutls_protocol_get_version(stream_tls(s)), ways[_i].version);
	unit_expect(s, "ping");
	ck_assert_int_eq(stream_write(s, "pong\n", 5), 0);
	ck_assert_int_eq(stream_close(s, 1000), 0);
	unit_peer_join(&peer);
	ck_assert_int_eq(peer.handshake, 0);
	ck_assert_int_eq(peer.result, 0);
	ck_assert_str_eq(peer.heard, "pong\n");
	/* The TLS layer is not counted. */
	ck_assert_uint_eq(stream_octets_in(s), 5);
	ck_assert_uint_eq(stream_octets_out(s), 5);
}
END_TEST

/* What an asyncio server loses: ClientHello in the segment of STARTTLS. */
START_TEST(upgrades_with_the_hello_already_there)
{
	peer.role = GNUTLS_CLIENT;
	peer.priority = ways[_i].priority;
	peer.prefix = "PING\r\nSTARTTLS\r\n";
	peer.talk = answer;
	unit_peer_start(&peer);
	unit_expect(s, "PING");
	unit_expect(s, "STARTTLS");
	ck_assert_uint_gt(unit_waiting(ours), 100);
	ck_assert_int_eq(upgrade(GNUTLS_SERVER, ways[_i].priority), 0);
	unit_expect(s, "ping");
	ck_assert_int_eq(stream_write(s, "pong\n", 5), 0);
	ck_assert_int_eq(stream_close(s, 1000), 0);
	unit_peer_join(&peer);
	ck_assert_str_eq(peer.heard, "pong\n");
}
END_TEST

static void
take_starttls(struct unit_peer *p)
{
	unit_peer_hear(p, 9);
}

START_TEST(sends_what_was_written_in_the_clear_first)
{
	peer.role = other(ways[_i].role);
	peer.priority = ways[_i].priority;
	peer.before = take_starttls;
	peer.talk = answer;
	ck_assert_int_eq(stream_write(s, "STARTTLS\n", 9), 0);
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(ways[_i].role, ways[_i].priority), 0);
	unit_expect(s, "ping");
	ck_assert_int_eq(stream_write(s, "pong\n", 5), 0);
	ck_assert_int_eq(stream_close(s, 1000), 0);
	unit_peer_join(&peer);
	ck_assert_str_eq(peer.heard, "STARTTLS\npong\n");
}
END_TEST

/* Both roles drip: the deadline is the handshake's and not a record's. */
START_TEST(a_dripping_handshake_gains_nothing)
{
	peer.role = other(ways[_i].role);
	peer.priority = ways[_i].priority;
	peer.drips = true;
	unit_peer_start(&peer);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(
	    upgrade(ways[_i].role, ways[_i].priority), STREAM_TIMEOUT);
	ck_assert_str_eq(stream_strerror(s, STREAM_TIMEOUT), "timed out");
	finish();
	ck_assert_int_lt(peer.handshake, 0);
}
END_TEST

/* The same peer with time enough: it was the deadline that ended it. */
START_TEST(a_dripping_handshake_may_have_its_time)
{
	peer.role = other(ways[_i].role);
	peer.priority = ways[_i].priority;
	peer.drips = true;
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(ways[_i].role, ways[_i].priority), 0);
	finish();
}
END_TEST

START_TEST(a_silent_peer_gains_nothing)
{
	peer.talk = unit_peer_linger;
	unit_peer_start(&peer);
	stream_set_deadline(s, deadline_in(SHORT_MS));
	ck_assert_int_eq(
	    upgrade(ways[_i].role, ways[_i].priority), STREAM_TIMEOUT);
	/* No farewell that would wait for it once more. */
	ck_assert_int_eq(stream_close(s, SHORT_MS), 0);
	finish();
}
END_TEST

START_TEST(can_be_cancelled)
{
	int event = eventfd(1, EFD_CLOEXEC);

	peer.talk = unit_peer_linger;
	unit_peer_start(&peer);
	stream_set_cancel(s, event);
	ck_assert_int_eq(
	    upgrade(ways[_i].role, ways[_i].priority), STREAM_CANCELLED);
	finish();
	close(event);
}
END_TEST

START_TEST(names_an_end_within_the_handshake)
{
	close(peer.fd);
	ck_assert_int_eq(
	    upgrade(ways[_i].role, ways[_i].priority), STREAM_TRUNCATED);
}
END_TEST

static void
hear_records(struct unit_peer *p)
{
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

/* A fatal alert in the clear: type 21, length 2, level 2. */
static void
expect_alert(gnutls_alert_description_t description)
{
	size_t end = peer.heard_length;

	ck_assert_uint_ge(end, 7);
	ck_assert_int_eq(peer.heard[end - 7], 21);
	ck_assert_int_eq(peer.heard[end - 3], 2);
	ck_assert_int_eq(peer.heard[end - 2], 2);
	ck_assert_int_eq(peer.heard[end - 1], (int)description);
}

static void
send_text(struct unit_peer *p)
{
	unit_peer_say(p, p->prefix);
	hear_records(p);
}

static const struct {
	const char *sent, *shown;
} clear_texts[] = {
    {"PING\n", "PING."},
    {"ERR unknown command\r\n", "ERR unknown command.."},
    {"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
	"GET / HTTP/1.1..Host: localhost..Acce..."},
    {"0123456789 0123456789 0123456789 0123456",
	"0123456789 0123456789 0123456789 0123456"},
    {"\x7f\xff\x01 \"~", "... .~"},
    {"\n", "."},
    {"\x14\x03\x03", "..."},
};
#define CLEAR_TEXTS ((int)(sizeof(clear_texts) / sizeof(clear_texts[0])))

/* As server: a command sent behind STARTTLS; as client: a reply to it. */
static void
refuse_clear_text(unsigned int role, int which)
{
	const char *shown = clear_texts[which].shown;
	char message[128];

	peer.prefix = clear_texts[which].sent;
	peer.talk = send_text;
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(role, UNIT_TLS_1_3), STREAM_CLEARTEXT);
	ck_assert_str_eq(stream_cleartext(s), shown);
	snprintf(message, sizeof(message), "clear text instead of TLS: \"%s\"",
	    shown);
	ck_assert_str_eq(stream_strerror(s, STREAM_CLEARTEXT), message);
	ck_assert_int_eq(stream_close(s, 0), 0);
	finish();
	expect_alert(GNUTLS_A_UNEXPECTED_MESSAGE);
}

START_TEST(a_server_refuses_clear_text)
{
	refuse_clear_text(GNUTLS_SERVER, _i);
}
END_TEST

START_TEST(a_client_refuses_clear_text)
{
	refuse_clear_text(GNUTLS_CLIENT, _i);
}
END_TEST

/* An octet of it may have come before the rest. */
START_TEST(refuses_clear_text_that_drips)
{
	peer.priority = NULL;
	peer.prefix = "P";
	peer.talk = send_text;
	unit_peer_start(&peer);
	ck_assert_int_eq(
	    upgrade(GNUTLS_SERVER, UNIT_TLS_1_3), STREAM_CLEARTEXT);
	ck_assert_str_eq(stream_cleartext(s), "P");
	finish();
}
END_TEST

/* A line that has begun is held by the stream: it must not be forgotten. */
START_TEST(refuses_an_unfinished_line)
{
	char line[PROTOCOL_LINE_MAX];

	unit_send_text(peer.fd, "PI\001");
	stream_set_deadline(s, OVER);
	ck_assert_int_eq(
	    stream_read_line(s, line, sizeof(line)), STREAM_TIMEOUT);
	stream_set_deadline(s, DEADLINE_NEVER);
	ck_assert_int_eq(
	    upgrade(ways[_i].role, UNIT_TLS_1_3), STREAM_CLEARTEXT);
	ck_assert_str_eq(stream_cleartext(s), "PI.");
	ck_assert_uint_eq(unit_waiting(peer.fd), 0);
	close(peer.fd);
}
END_TEST

/* Nothing that the peer does not take can be flushed before. */
START_TEST(gives_up_when_the_clear_output_does_not_leave)
{
	static const char data[4000];

	stream_set_deadline(s, OVER);
	while (stream_write(s, data, sizeof(data)) == 0)
		;
	ck_assert_int_eq(upgrade(GNUTLS_SERVER, UNIT_TLS_1_3), STREAM_TIMEOUT);
	ck_assert_ptr_null(stream_tls(s));
	close(peer.fd);
}
END_TEST

/* One says only 1.2 and the other only 1.3: the server refuses. */
START_TEST(tells_the_peer_why_it_fails)
{
	static const char from_peer[] = "TLS alert from the peer: ";
	const char *why;

	peer.role = other(ways[_i].role);
	peer.priority = UNIT_TLS_1_2;
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(ways[_i].role, UNIT_TLS_1_3), STREAM_TLS);
	why = stream_strerror(s, STREAM_TLS);
	if (ways[_i].role == GNUTLS_SERVER)
		ck_assert_str_eq(why, gnutls_strerror(stream_tls_error(s)));
	else {
		ck_assert_int_eq(
		    stream_tls_error(s), GNUTLS_E_FATAL_ALERT_RECEIVED);
		ck_assert_int_eq(strncmp(why, from_peer, strlen(from_peer)), 0);
		ck_assert_str_ne(why + strlen(from_peer), "unknown");
	}
	finish();
	/* As server it was our alert that told the peer. */
	if (ways[_i].role == GNUTLS_SERVER)
		ck_assert_int_eq(peer.handshake, GNUTLS_E_FATAL_ALERT_RECEIVED);
}
END_TEST

static void
send_alert(struct unit_peer *p)
{
	static const char alert[] = {21, 3, 3, 0, 2, 2, 40};

	send(p->fd, alert, sizeof(alert), MSG_NOSIGNAL);
	unit_peer_linger(p);
}

START_TEST(names_an_alert_of_the_peer)
{
	peer.talk = send_alert;
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(GNUTLS_CLIENT, UNIT_TLS_1_3), STREAM_TLS);
	ck_assert_str_eq(stream_strerror(s, STREAM_TLS),
	    "TLS alert from the peer: Handshake failed");
	finish();
}
END_TEST

static void
send_noise(struct unit_peer *p)
{
	/* A handshake record of 100 octets with a message of no known type. */
	static char noise[105] = {22, 3, 1, 0, 100, 99, 0, 0, 96};

	memset(noise + 9, 0xa5, sizeof(noise) - 9);
	send(p->fd, noise, sizeof(noise), MSG_NOSIGNAL);
	hear_records(p);
}

START_TEST(refuses_noise_that_begins_like_tls)
{
	peer.talk = send_noise;
	unit_peer_start(&peer);
	ck_assert_int_eq(upgrade(GNUTLS_SERVER, UNIT_TLS_1_3), STREAM_TLS);
	ck_assert_int_lt(stream_tls_error(s), 0);
	ck_assert_str_eq(stream_cleartext(s), "");
	finish();
	expect_alert((gnutls_alert_description_t)peer.heard[6]);
}
END_TEST

/* After a failure nothing is ever said in the clear again. */
START_TEST(never_goes_back_to_the_clear)
{
	peer.prefix = "PING\n";
	peer.talk = send_text;
	unit_peer_start(&peer);
	ck_assert_int_eq(
	    upgrade(GNUTLS_SERVER, UNIT_TLS_1_3), STREAM_CLEARTEXT);
	(void)stream_write(s, "PONG\n", 5);
	ck_assert_int_eq(stream_close(s, 0), 0);
	finish();
	ck_assert_uint_eq(peer.heard_length, 7);
	expect_alert(GNUTLS_A_UNEXPECTED_MESSAGE);
}
END_TEST

static void
add(Suite *suite, const char *name, const TTest *test, int count)
{
	TCase *c = unit_case(suite, name);

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, test, 0, count);
}

int
main(void)
{
	Suite *suite = suite_create("stream_upgrade");

	add(suite, "upgrades", upgrades_in_place, WAYS);
	add(suite, "upgrades", upgrades_with_the_hello_already_there, 2);
	add(suite, "upgrades", sends_what_was_written_in_the_clear_first, WAYS);

	add(suite, "deadline", a_dripping_handshake_gains_nothing, WAYS);
	add(suite, "deadline", a_dripping_handshake_may_have_its_time, WAYS);
	add(suite, "deadline", a_silent_peer_gains_nothing, WAYS);
	add(suite, "deadline", can_be_cancelled, WAYS);

	add(suite, "clear text", a_server_refuses_clear_text, CLEAR_TEXTS);
	add(suite, "clear text", a_client_refuses_clear_text, CLEAR_TEXTS);
	add(suite, "clear text", refuses_clear_text_that_drips, 1);
	add(suite, "clear text", refuses_an_unfinished_line, WAYS);
	add(suite, "clear text", never_goes_back_to_the_clear, 1);

	add(suite, "failure", names_an_end_within_the_handshake, WAYS);
	add(suite, "failure", gives_up_when_the_clear_output_does_not_leave, 1);
	add(suite, "failure", tells_the_peer_why_it_fails, WAYS);
	add(suite, "failure", names_an_alert_of_the_peer, 1);
	add(suite, "failure", refuses_noise_that_begins_like_tls, 1);

	return unit_main(suite);
}
