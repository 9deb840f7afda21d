/*
 * A session: a whole conversation over a pair of sockets, how it ends, and the
 * account of it that is left behind.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credentials/credentials.h"
#include "session/session.h"
#include "stream/protocol.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_peer.h"

/* A limit that is to end a session. */
#define SHORT_MS 100

static struct credentials *credentials;
static struct session_options options;
static struct session_result result;
static struct unit_peer peer;

static void
set_up(void)
{
	static struct key_pair pair;
	static struct credentials_options load;

	pair.certificate_file = unit_file("ecdsa-cert.pem");
	pair.key_file = unit_file("ecdsa-key.pem");
	load.keyholder.pairs = &pair;
	load.keyholder.count = 1;
	credentials = credentials_load(&load);
	ck_assert_ptr_nonnull(credentials);
	options = (struct session_options){.max_errors = 3};
	memset(&result, 0, sizeof(result));
	peer = (struct unit_peer){.role = GNUTLS_CLIENT};
}

static void
tear_down(void)
{
	credentials_free(credentials);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* Serves the peer, which has been told what to do. */
static void
serve(void)
{
	struct stream *s;
	int fds[2], channel;

	unit_pair(fds);
	peer.fd = fds[1];
	unit_peer_start(&peer);
	/* Limits count from when it has begun to talk. */
	ck_assert_int_eq(poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, -1), 1);
	s = stream_new(fds[0], PROTOCOL_LINE_MAX);
	ck_assert_ptr_nonnull(s);
	channel = keyholder_open_channel(credentials_keyholder(credentials));
	signer_set_channel(credentials_signer(credentials), channel);
	session_serve(s, credentials, &options, &result);
	if (channel != -1)
		close(channel);
	stream_free(s);
	unit_peer_join(&peer);
}

/* What the peer says in the clear and once upgraded; it hears all replies. */
static const char *clear_words, *tls_words;

static void
hear_the_rest(struct unit_peer *p)
{
	p->result = unit_peer_hear(p, UNIT_PEER_MOST);
}

static void
say_in_the_clear(struct unit_peer *p)
{
	unit_peer_say(p, clear_words);
	hear_the_rest(p);
}

static void
ask_for_tls(struct unit_peer *p)
{
	unit_peer_say(p, "PING\nSTARTTLS\n");
	unit_peer_hear(p, strlen(PROTOCOL_PONG));
}

static void
say_over_tls(struct unit_peer *p)
{
	unit_peer_say(p, tls_words);
	hear_the_rest(p);
}

static void
converse_in_the_clear(const char *words)
{
	clear_words = words;
	peer.talk = say_in_the_clear;
	serve();
}

static void
converse_over_tls(const char *version, const char *words)
{
	tls_words = words;
	peer.priority = version;
	peer.before = ask_for_tls;
	peer.talk = say_over_tls;
	serve();
}

START_TEST(answers_in_the_clear)
{
	converse_in_the_clear("PING\nping\r\n\n \nPiNg \nQUIT\n");
	ck_assert_str_eq(peer.heard, "PONG\nPONG\nPONG\n");
	ck_assert_int_eq(peer.result, 0);
	ck_assert_uint_eq(result.end, SESSION_QUIT);
	ck_assert_uint_eq(result.upgraded, 0);
	ck_assert_uint_eq(result.pings_clear, 3);
	ck_assert_uint_eq(result.pings_tls, 0);
	ck_assert_uint_eq(result.octets_in, 5 + 6 + 1 + 2 + 6 + 5);
	ck_assert_uint_eq(result.octets_out, 15);
	ck_assert_int_eq(result.handshake_ns, 0);
	ck_assert_str_eq(result.version, "");
	ck_assert_str_eq(result.cipher_suite, "");
	ck_assert_str_eq(result.why, "");
}
END_TEST

START_TEST(answers_over_tls)
{
	converse_over_tls(
	    _i == 0 ? UNIT_TLS_1_2 : UNIT_TLS_1_3, "PING\nPING\nQUIT\n");
	ck_assert_int_eq(peer.handshake, 0);
	ck_assert_str_eq(peer.heard, "PONG\nPONG\nPONG\n");
	ck_assert_int_eq(peer.result, 0); /* close_notify */
	ck_assert_uint_eq(result.end, SESSION_QUIT);
	ck_assert_uint_eq(result.upgraded, 1);
	ck_assert_uint_eq(result.pings_clear, 1);
	ck_assert_uint_eq(result.pings_tls, 2);
	ck_assert_uint_eq(result.octets_in, 5 + 9 + 5 + 5 + 5);
	ck_assert_uint_eq(result.octets_out, 15);
	ck_assert_int_gt(result.handshake_ns, 0);
	ck_assert_str_eq(result.version, _i == 0 ? "TLS1.2" : "TLS1.3");
	ck_assert_int_eq(strncmp(result.cipher_suite, "TLS_", 4), 0);
}
END_TEST

START_TEST(refuses_to_upgrade_twice)
{
	converse_over_tls(UNIT_TLS_1_3, "STARTTLS\nPING\nQUIT\n");
	ck_assert_str_eq(peer.heard, "PONG\nERR already encrypted\nPONG\n");
	ck_assert_uint_eq(result.end, SESSION_QUIT);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
	converse_in_the_clear("HELP\nPING\nPING me\nQUIT\n");
	/* What was sent is never said back. */
	ck_assert_str_eq(
	    peer.heard, "ERR unknown command\nPONG\nERR unknown command\n");
	ck_assert_uint_eq(result.end, SESSION_QUIT);
}
END_TEST

START_TEST(counts_errors)
{
	static const char *const heard[] = {
	    "ERR too many errors\n",
	    "ERR unknown command\nPONG\nERR too many errors\n",
	    ("ERR unknown command\nPONG\nERR unknown command\n"
	     "ERR too many errors\n"),
	};

	options.max_errors = (unsigned int)_i + 1;
	converse_in_the_clear("1\nPING\n2\n3\nPING\n4\n5\n");
	ck_assert_str_eq(peer.heard, heard[_i]);
	ck_assert_uint_eq(result.end, SESSION_TOO_MANY_ERRORS);
	ck_assert_int_eq(peer.result, 0);
}
END_TEST

static void
err_and_ask_for_tls(struct unit_peer *p)
{
	unit_peer_say(p, "x\n");
	unit_peer_hear(p, strlen(PROTOCOL_NO_COMMAND));
	ask_for_tls(p);
}

/* Those in the clear do not count inside TLS. */
START_TEST(counts_errors_anew_after_the_upgrade)
{
	options.max_errors = 2;
	tls_words = "STARTTLS\nPING\nSTARTTLS\nPING\n";
	peer.priority = UNIT_TLS_1_3;
	peer.before = err_and_ask_for_tls;
	peer.talk = say_over_tls;
	serve();
	ck_assert_str_eq(peer.heard,
	    PROTOCOL_NO_COMMAND PROTOCOL_PONG PROTOCOL_ENCRYPTED PROTOCOL_PONG
		PROTOCOL_ERRORS);
	ck_assert_uint_eq(result.end, SESSION_TOO_MANY_ERRORS);
}
END_TEST

static char long_words[PROTOCOL_LINE_MAX + 16];

/* A line of `size` octets with its LF, then QUIT. */
static const char *
long_line(size_t size)
{
	memset(long_words, 'x', sizeof(long_words));
	strcpy(long_words + size - 1, "\nQUIT\n");
	return long_words;
}

START_TEST(ends_at_a_line_too_long)
{
	if (_i == 0)
		converse_in_the_clear(long_line(PROTOCOL_LINE_MAX + 1));
	else
		converse_over_tls(
		    UNIT_TLS_1_3, long_line(PROTOCOL_LINE_MAX + 1));
	ck_assert_str_eq(peer.heard + (_i == 0 ? 0 : 5), PROTOCOL_TOO_LONG);
	ck_assert_int_eq(peer.result, 0);
	ck_assert_uint_eq(result.end, SESSION_LINE_TOO_LONG);
}
END_TEST

START_TEST(takes_the_longest_line)
{
	converse_in_the_clear(long_line(PROTOCOL_LINE_MAX));
	ck_assert_str_eq(peer.heard, PROTOCOL_NO_COMMAND);
	ck_assert_uint_eq(result.end, SESSION_QUIT);
}
END_TEST

START_TEST(ends_when_nothing_comes)
{
	options.idle_ms = SHORT_MS;
	if (_i == 0)
		converse_in_the_clear("PING\nPI");
	else
		converse_over_tls(UNIT_TLS_1_3, "PI");
	ck_assert_str_eq(peer.heard, PROTOCOL_PONG PROTOCOL_TIMEOUT);
	ck_assert_int_eq(peer.result, 0);
	ck_assert_uint_eq(result.end, SESSION_TIMED_OUT);
}
END_TEST

static void
ping_for_ever(struct unit_peer *p)
{
	do
		p->result = unit_peer_say(p, "PING\n");
	while (p->result == 0 && unit_peer_hear(p, 5) == 1 &&
	       strcmp(p->heard, PROTOCOL_PONG) == 0 &&
	       (p->heard_length = 0) == 0);
}

static void
say_blank_lines(struct unit_peer *p)
{
	do
		p->result = unit_peer_say(p, "\n \n");
	while (p->result == 0);
	hear_the_rest(p);
}

START_TEST(blank_lines_gain_no_time)
{
	options.idle_ms = SHORT_MS;
	if (_i > 0) {
		peer.priority = _i == 1 ? UNIT_TLS_1_2 : UNIT_TLS_1_3;
		peer.before = ask_for_tls;
	}
	peer.talk = say_blank_lines;
	serve();
	ck_assert_uint_eq(result.end, SESSION_TIMED_OUT);
}
END_TEST

/* Never idle, so that only the session's own limit ends it. */
START_TEST(ends_when_its_time_is_over)
{
	options.total_ms = SHORT_MS;
	peer.talk = ping_for_ever;
	serve();
	ck_assert_uint_eq(result.end, SESSION_TIMED_OUT);
	ck_assert_uint_gt(result.pings_clear, 0);
}
END_TEST

START_TEST(ends_a_slow_handshake)
{
	options.handshake_ms = SHORT_MS;
	peer.drips = true;
	converse_over_tls(UNIT_TLS_1_3, "PING\n");
	ck_assert_int_lt(peer.handshake, 0);
	ck_assert_uint_eq(result.end, SESSION_HANDSHAKE_FAILED);
	ck_assert_uint_eq(result.upgraded, 0);
	ck_assert_str_eq(result.why, "timed out");
	ck_assert_str_eq(peer.heard, PROTOCOL_PONG);
}
END_TEST

/* STARTTLS injection (CVE-2011-0411): never answered, in no way. */
START_TEST(never_answers_a_command_behind_starttls)
{
	converse_in_the_clear("STARTTLS\nPING\n");
	ck_assert_uint_eq(result.end, SESSION_HANDSHAKE_FAILED);
	ck_assert_str_eq(result.why, "clear text instead of TLS: \"PING.\"");
	ck_assert_uint_eq(result.pings_clear, 0);
	ck_assert_uint_eq(peer.heard_length, 7); /* an alert */
	ck_assert_int_eq(peer.heard[0], 21);
}
END_TEST

/* Two octets tell, at the start of any line. */
START_TEST(recognises_tls_without_starttls)
{
	static const char *const words[] = {
	    "\026\003", "\026\003\001\n", "PING\n\026\003\001"};

	converse_in_the_clear(words[_i]);
	ck_assert_str_eq(peer.heard + (_i == 2 ? strlen(PROTOCOL_PONG) : 0),
	    PROTOCOL_NO_COMMAND);
	ck_assert_int_eq(peer.result, 0);
	ck_assert_uint_eq(result.end, SESSION_EARLY_TLS);
}
END_TEST

START_TEST(says_why_a_handshake_failed)
{
	converse_over_tls("NORMAL:-VERS-ALL:+VERS-TLS1.1", "PING\n");
	ck_assert_int_lt(peer.handshake, 0);
	ck_assert_uint_eq(result.end, SESSION_HANDSHAKE_FAILED);
	ck_assert_str_ne(result.why, "");
	ck_assert_str_eq(peer.heard, PROTOCOL_PONG);
}
END_TEST

START_TEST(says_when_the_keyholder_is_gone)
{
	kill(keyholder_pid(credentials_keyholder(credentials)), SIGKILL);
	converse_over_tls(UNIT_TLS_1_3, "PING\n");
	ck_assert_int_lt(peer.handshake, 0);
	ck_assert_uint_eq(result.end, SESSION_UNABLE);
	ck_assert_ptr_nonnull(strstr(result.why, "keyholder"));
}
END_TEST

static void
say_and_leave(struct unit_peer *p)
{
	unit_peer_say(p, p->tls == NULL ? clear_words : tls_words);
	if (p->tls != NULL && p->name != NULL)
		gnutls_bye(p->tls, GNUTLS_SHUT_WR);
	shutdown(p->fd, SHUT_WR);
	hear_the_rest(p);
}

START_TEST(ends_with_the_peer)
{
	static const struct {
		const char *words;
		enum session_end end;
	} cases[] = {
	    {"", SESSION_CLOSED},
	    {"PING\n", SESSION_CLOSED},
	    {"PING\nPI", SESSION_TRUNCATED},
	};

	clear_words = cases[_i].words;
	peer.talk = say_and_leave;
	serve();
	ck_assert_uint_eq(result.end, cases[_i].end);
	/* Half-closed: it still gets its replies. */
	ck_assert_uint_eq(peer.heard_length, result.pings_clear * 5);
	ck_assert_int_eq(peer.result, 0);
}
END_TEST

START_TEST(ends_with_the_peer_over_tls)
{
	tls_words = "PING\n";
	peer.priority = UNIT_TLS_1_3;
	peer.name = _i == 0 ? "localhost" : NULL; /* whether it says goodbye */
	peer.before = ask_for_tls;
	peer.talk = say_and_leave;
	serve();
	ck_assert_uint_eq(
	    result.end, _i == 0 ? SESSION_CLOSED : SESSION_TRUNCATED);
	ck_assert_str_eq(peer.heard, "PONG\nPONG\n");
}
END_TEST

START_TEST(every_end_has_words)
{
	for (uint32_t end = 0; end <= SESSION_GAVE_WAY; end++) {
		ck_assert_ptr_nonnull(session_end_text(end));
		ck_assert_str_ne(session_end_text(end), "unknown");
	}
	ck_assert_str_eq(session_end_text(SESSION_GAVE_WAY + 1), "unknown");
	ck_assert_str_eq(session_end_text(UINT32_MAX), "unknown");
}
END_TEST

START_TEST(a_result_is_made_safe_to_log)
{
	memset(&result, 0xff, sizeof(result));
	session_result_clean(&result);
	ck_assert_uint_eq(strlen(result.why), sizeof(result.why) - 1);
	ck_assert_uint_eq(strspn(result.why, "."), sizeof(result.why) - 1);
	ck_assert_uint_eq(strlen(result.version), sizeof(result.version) - 1);
	ck_assert_uint_eq(
	    strlen(result.cipher_suite), sizeof(result.cipher_suite) - 1);

	strcpy(result.why, "a \x1b[31m\n\r\t%s\x7f~");
	session_result_clean(&result);
	ck_assert_str_eq(result.why, "a .[31m...%s.~");
	strcpy(result.why, "x); pings: 9 in the clear; client: CN=a");
	strcpy(result.version, "TLS1.3 S; c");
	strcpy(result.cipher_suite, "TLS_AES_128_GCM_SHA256, resumed");
	session_result_clean(&result);
	ck_assert_str_eq(result.why, "x.. pings: 9 in the clear. client: CN=a");
	ck_assert_str_eq(result.version, "TLS1.3.S..c");
	ck_assert_str_eq(
	    result.cipher_suite, "TLS_AES_128_GCM_SHA256..resumed");
	result.version[0] = '\0';
	session_result_clean(&result);
	ck_assert_str_eq(result.version, "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session");
	TCase *c = unit_case(suite, "session");
	int status;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, answers_in_the_clear);
	tcase_add_loop_test(c, answers_over_tls, 0, 2);
	tcase_add_test(c, refuses_to_upgrade_twice);
	tcase_add_test(c, refuses_what_it_does_not_know);
	tcase_add_loop_test(c, counts_errors, 0, 3);
	tcase_add_test(c, counts_errors_anew_after_the_upgrade);
	tcase_add_loop_test(c, ends_at_a_line_too_long, 0, 2);
	tcase_add_test(c, takes_the_longest_line);
	tcase_add_loop_test(c, ends_when_nothing_comes, 0, 2);
	tcase_add_loop_test(c, blank_lines_gain_no_time, 0, 3);
	tcase_add_test(c, ends_when_its_time_is_over);
	tcase_add_test(c, ends_a_slow_handshake);
	tcase_add_test(c, never_answers_a_command_behind_starttls);
	tcase_add_loop_test(c, recognises_tls_without_starttls, 0, 3);
	tcase_add_test(c, says_why_a_handshake_failed);
	tcase_add_test(c, says_when_the_keyholder_is_gone);
	tcase_add_loop_test(c, ends_with_the_peer, 0, 3);
	tcase_add_loop_test(c, ends_with_the_peer_over_tls, 0, 2);

	c = unit_case(suite, "result");
	tcase_add_test(c, every_end_has_words);
	tcase_add_test(c, a_result_is_made_safe_to_log);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
