/*
 * The acceptor: who is admitted, what the refused hear and is counted of them,
 * and who makes room again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "listener/acceptor.h"
#include "log/log.h"
#include "stream/protocol.h"
#include "unit.h"

/* The pause after a shortage is at least as long. */
#define PAUSE_MS 50

static struct listener_options options;
static struct sockets sockets;
static struct stats stats;
static struct acceptor *acceptor;
static struct peer peer;

static void
set_up(void)
{
	const struct sockaddr_in any = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	/* What is logged is not looked at. */
	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_EMERG);
	options = (struct listener_options){
	    .max_sessions = 10,
	    .max_sessions_per_source = 10,
	    .source_prefix = {SOURCE_IPV4_MOST, SOURCE_IPV6_MOST},
	};
	memset(&stats, 0, sizeof(stats));
	sockets.count = 1;
	sockets.fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
	    bind(sockets.fds[0], (const struct sockaddr *)&any, sizeof(any)),
	    0);
	ck_assert_int_eq(listen(sockets.fds[0], SOMAXCONN), 0);
}

static void
tear_down(void)
{
	acceptor_free(acceptor);
	networks_free(options.proxies);
	close(sockets.fds[0]);
}

static void
start(void)
{
	acceptor = acceptor_new(&options, &sockets, &stats);
	ck_assert_ptr_nonnull(acceptor);
}

/* A new client of the service. */
static int
call(void)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    getsockname(sockets.fds[0], (struct sockaddr *)&address, &length),
	    0);
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Waits until the acceptor has something to do, and has it done. */
static int
next(void)
{
	struct pollfd fd = {.fd = acceptor_fd(acceptor), .events = POLLIN};

	ck_assert_int_eq(poll(&fd, 1, -1), 1);
	return acceptor_next(acceptor, &peer);
}

/* The client gets this reply and the end of the stream; without a reply, it may
 * be reset. */
static void
expect_refused(int client, const char *reply)
{
	char heard[128] = "";
	ssize_t n = unit_receive_all(client, heard, sizeof(heard) - 1);

	ck_assert(n != -1 || (reply[0] == '\0' && errno == ECONNRESET));
	ck_assert_str_eq(heard, reply);
	close(client);
}

START_TEST(admits_and_says_who_it_is)
{
	struct sockaddr_in ours;
	socklen_t length = sizeof(ours);
	char is[ADDRESS_TEXT_MAX], want[ADDRESS_TEXT_MAX];
	int client, served;

	start();
	ck_assert_int_eq(acceptor_next(acceptor, &peer), -1);
	client = call();
	served = next();
	ck_assert_int_ne(served, -1);
	getsockname(client, (struct sockaddr *)&ours, &length);
	address_format((struct sockaddr *)&ours, length, want);
	address_format((struct sockaddr *)&peer.address, peer.length, is);
	ck_assert_str_eq(is, want);
	ck_assert_uint_eq(stats.connections, 1);
	ck_assert_uint_eq(stats_refused(&stats), 0);
	close(served);
	close(client);
}
END_TEST

START_TEST(sets_connections_up)
{
	int client, served, on = 0;
	socklen_t length = sizeof(on);

	start();
	client = call();
	served = next();
	ck_assert_int_ne(fcntl(served, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(
	    getsockopt(served, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
	ck_assert_int_ne(on, 0);
	close(served);
	close(client);
}
END_TEST

START_TEST(refuses_beyond_the_limit_until_one_has_ended)
{
	const struct session_result quit = {.end = SESSION_QUIT};
	int first, refused, again, served[2];

	options.max_sessions_per_source = 1;
	start();
	first = call();
	served[0] = next();
	ck_assert_int_ne(served[0], -1);
	refused = call();
	/* What it had sent must not turn the close into a reset. */
	unit_send_text(refused, "PING\n");
	ck_assert_int_eq(next(), -1);
	expect_refused(refused, PROTOCOL_BUSY_SOURCE);
	ck_assert_uint_eq(stats.refused[REJECT_SOURCE_SESSIONS], 1);
	acceptor_ended(acceptor, &peer, &quit);
	again = call();
	served[1] = next();
	ck_assert_int_ne(served[1], -1);
	ck_assert_uint_eq(stats.connections, 3);
	close(served[0]);
	close(served[1]);
	close(first);
	close(again);
}
END_TEST

static void
reap(void *session, bool all_taken)
{
	const struct session_result quit = {.end = SESSION_QUIT};
	struct peer *ended = session;

	ck_assert(all_taken == (options.max_sessions == 1));
	if (ended->began == 0)
		return;
	acceptor_ended(acceptor, ended, &quit);
	ended->began = 0;
}

/* Looks whether one has ended, before it refuses for those there are. */
START_TEST(has_sessions_reaped_before_it_refuses)
{
	int clients[3], served[2];
	struct peer first;

	if (_i == 0)
		options.max_sessions_per_source = 1;
	else
		options.max_sessions = 1;
	start();
	acceptor_set_reaper(acceptor, reap, &first);
	clients[0] = call();
	served[0] = next();
	first = peer;
	clients[1] = call();
	served[1] = next();
	ck_assert_int_ne(served[1], -1);
	ck_assert_int_eq(first.began, 0);
	clients[2] = call();
	ck_assert_int_eq(next(), -1);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	close(served[0]);
	close(served[1]);
}
END_TEST

START_TEST(refuses_those_who_call_too_fast)
{
	int client, served;

	options.max_rate_per_source = 1;
	start();
	for (;;) {
		client = call();
		served = next();
		if (served == -1)
			break;
		close(served);
		close(client);
		ck_assert_uint_le(stats.connections, 100);
	}
	expect_refused(client, PROTOCOL_TOO_FAST);
	ck_assert_uint_eq(stats.refused[REJECT_SOURCE_RATE], 1);
}
END_TEST

/* Whoever calls in the meantime waits in the kernel, and is not refused. */
START_TEST(pauses_after_a_shortage)
{
	int64_t began;
	int client, served, waiting;

	options.max_sessions = 1;
	start();
	client = call();
	served = next();
	ck_assert_int_ne(served, -1);
	began = deadline_now();
	acceptor_turn_away(acceptor, &peer, served, EAGAIN);
	expect_refused(client, PROTOCOL_BUSY);
	ck_assert_uint_eq(stats.refused[REJECT_SHORTAGE], 1);
	waiting = call();
	while (acceptor_fd(acceptor) == -1)
		deadline_wait(-1, 0, acceptor_deadline(acceptor), -1);
	ck_assert_int_ge(deadline_now(), deadline_after(began, PAUSE_MS));
	served = next();
	ck_assert_int_ne(served, -1);
	close(served);
	close(waiting);
}
END_TEST

/* How a session ended decides about those to come. */
START_TEST(penalises_failed_handshakes_and_crashes)
{
	static const uint32_t ends[] = {
	    SESSION_QUIT, SESSION_HANDSHAKE_FAILED, SESSION_CRASHED};
	const struct session_result result = {.end = ends[_i]};
	int client, served;

	options.penalties = (struct penalty_options){.on = true,
	    .handshake_ms = 60000,
	    .crash_ms = 60000,
	    .min_ms = 1,
	    .max_ms = 600000};
	start();
	client = call();
	served = next();
	ck_assert_int_ne(served, -1);
	acceptor_ended(acceptor, &peer, &result);
	close(served);
	close(client);
	client = call();
	served = next();
	if (_i == 0) {
		ck_assert_int_ne(served, -1);
		close(served);
		close(client);
		return;
	}
	ck_assert_int_eq(served, -1);
	expect_refused(client, PROTOCOL_PENALISED);
	ck_assert_uint_eq(stats.refused[REJECT_PENALTY], 1);
}
END_TEST

static void
trust_proxies(void)
{
	options.proxies = networks_parse("127.0.0.0/8");
	ck_assert_ptr_nonnull(options.proxies);
	start();
}

START_TEST(takes_the_source_from_the_proxy)
{
	char is[ADDRESS_TEXT_MAX];
	int silent, client, served;

	trust_proxies();
	silent = call();
	ck_assert_int_eq(next(), -1);
	client = call();
	unit_send_text(client, "PROXY TCP4 192.0.2.1 192.0.2.2 4711 1\r\n");
	/* First it lets the connection wait. */
	while ((served = next()) == -1)
		;
	address_format((struct sockaddr *)&peer.address, peer.length, is);
	ck_assert_str_eq(is, "192.0.2.1:4711");
	ck_assert_uint_eq(stats_refused(&stats), 0);
	close(served);
	close(client);
	close(silent);
}
END_TEST

/* The number that the next descriptor gets. */
static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* A child copies the table of descriptors up to that of its connection. */
START_TEST(keeps_those_that_wait_out_of_the_way)
{
	int client, lowest, served;

	trust_proxies();
	client = call();
	lowest = lowest_free();
	ck_assert_int_eq(next(), -1);
	ck_assert_int_eq(lowest_free(), lowest);
	unit_send_text(client, "PROXY UNKNOWN\r\n");
	while ((served = next()) == -1)
		;
	ck_assert_int_eq(served, lowest);
	close(served);
	close(client);
}
END_TEST

START_TEST(refuses_a_proxy_without_a_header)
{
	int client;

	trust_proxies();
	client = call();
	unit_send_text(client, "PING\n");
	while (stats_refused(&stats) == 0)
		ck_assert_int_eq(next(), -1);
	expect_refused(client, "");
	ck_assert_uint_eq(stats.refused[REJECT_PROXY_HEADER], 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("acceptor");
	TCase *c = unit_case(suite, "acceptor");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, admits_and_says_who_it_is);
	tcase_add_test(c, sets_connections_up);
	tcase_add_test(c, refuses_beyond_the_limit_until_one_has_ended);
	tcase_add_loop_test(c, has_sessions_reaped_before_it_refuses, 0, 2);
	tcase_add_test(c, refuses_those_who_call_too_fast);
	tcase_add_test(c, pauses_after_a_shortage);
	tcase_add_loop_test(c, penalises_failed_handshakes_and_crashes, 0, 3);
	tcase_add_test(c, takes_the_source_from_the_proxy);
	tcase_add_test(c, keeps_those_that_wait_out_of_the_way);
	tcase_add_test(c, refuses_a_proxy_without_a_header);
	return unit_main(suite);
}
