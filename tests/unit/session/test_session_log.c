/*
 * The line that a session leaves in the log.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "log/log.h"
#include "session/session_log.h"
#include "unit.h"

static struct peer peer;
static struct session_result result;
static enum session_end killed = SESSION_KILLED;

static void
set_up(void)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer.address;

	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_INFO);
	memset(&peer, 0, sizeof(peer));
	peer.began = deadline_now();
	peer.length = sizeof(*v4);
	v4->sin_family = AF_INET;
	v4->sin_port = htons(4711);
	v4->sin_addr.s_addr = htonl(0xc0000201U);
	result = (struct session_result){.end = SESSION_QUIT, .pings_clear = 2};
}

static void
upgraded(void)
{
	result.upgraded = 1;
	result.pings_tls = 3;
	result.handshake_ns = 2500000;
	strcpy(result.version, "TLS1.3");
	strcpy(result.cipher_suite, "TLS_AES_256_GCM_SHA384");
}

/* The one line that is logged is `before`, some seconds, and `after`. */
static void
expect(int status, const char *before, const char *after)
{
	const char *said;
	double seconds;
	int length = 0;

	unit_capture_begin(STDERR_FILENO);
	session_result_settle(&result, status, killed);
	session_log(&peer, &result, status);
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 1);
	ck_assert_msg(strncmp(said, before, strlen(before)) == 0, "%s", said);
	said += strlen(before);
	ck_assert_int_eq(sscanf(said, "%lf%n", &seconds, &length), 1);
	ck_assert_double_ge(seconds, 0);
	ck_assert_str_eq(said + length, after);
}

START_TEST(tells_who_how_long_and_why)
{
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: quit; pings: 2 in the clear\n");
	peer.began -= INT64_C(3600) * 1000 * 1000 * 1000;
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after 360",
	    " s: quit; pings: 2 in the clear\n");
}
END_TEST

START_TEST(tells_of_the_upgrade)
{
	upgraded();
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: quit; pings: 2 in the clear, 3 over TLS1.3 "
	    "TLS_AES_256_GCM_SHA384 after a handshake of 2.5 ms\n");
	result.resumed = 1;
	strcpy(result.client, "CN=a client");
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: quit; pings: 2 in the clear, 3 over TLS1.3 "
	    "TLS_AES_256_GCM_SHA384 after a resumed handshake of 2.5 ms; "
	    "client: CN=a client\n");
}
END_TEST

/* What a session claims of TLS without an upgrade is left out. */
START_TEST(tells_nothing_of_tls_in_the_clear)
{
	upgraded();
	strcpy(result.client, "CN=a client");
	result.upgraded = 0;
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: quit; pings: 2 in the clear\n");
}
END_TEST

START_TEST(gives_the_reason_where_it_says_more)
{
	result.end = SESSION_HANDSHAKE_FAILED;
	strcpy(result.why, "no cipher in common");
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: handshake failed (no cipher in common); "
	    "pings: 2 in the clear\n");
	strcpy(result.why, session_end_text(result.end));
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: handshake failed; pings: 2 in the clear\n");
}
END_TEST

START_TEST(names_a_peer_on_a_unix_socket)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&peer.address;

	local->sun_family = AF_UNIX;
	strcpy(local->sun_path, "/run/a\npingtlsd: 1");
	peer.length = sizeof(*local);
	expect(0, "pingtlsd: session from unix ended after ",
	    " s: quit; pings: 2 in the clear\n");
}
END_TEST

/* A process that ended by itself left nothing in its result to believe. */
START_TEST(tells_how_a_process_ended)
{
	expect(SIGSEGV, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: crashed by signal 11 (Segmentation fault)\n");
	expect(SIGKILL, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: killed by signal 9 (Killed)\n");
	expect(W_EXITCODE(3, 0),
	    "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: its process failed with status 3\n");
	result.end = SESSION_CRASHED;
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: its process failed with status 0\n");
	result.end = SESSION_STOPPED;
	expect(0, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: its process failed with status 0\n");
	killed = SESSION_STOPPED;
	expect(SIGTERM, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: stopped with the service\n");
	expect(SIGSYS, "pingtlsd: session from 192.0.2.1:4711 ended after ",
	    " s: crashed by signal 31 (a system call that its filter "
	    "forbids)\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session_log");
	TCase *c = unit_case(suite, "session_log");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, tells_who_how_long_and_why);
	tcase_add_test(c, tells_of_the_upgrade);
	tcase_add_test(c, tells_nothing_of_tls_in_the_clear);
	tcase_add_test(c, gives_the_reason_where_it_says_more);
	tcase_add_test(c, names_a_peer_on_a_unix_socket);
	tcase_add_test(c, tells_how_a_process_ended);
	return unit_main(suite);
}
