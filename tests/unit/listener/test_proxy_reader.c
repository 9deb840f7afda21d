/*
 * The PROXY protocol's header taken off a socket: all of it, and nothing else.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listener/proxy_reader.h"
#include "unit.h"

#define V1 "PROXY TCP4 192.0.2.1 192.0.2.2 56324 10001\r\n"
#define LOCAL "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
/* What a client sends at once, as far as a proxy lets it. */
#define CLIENT "STARTTLS\n\x16\x03\x01\0\5hello"
#define CLIENT_LENGTH (sizeof(CLIENT) - 1)

static int fds[2]; /* the first is the server's */

static void
open_pair(void)
{
	unit_tcp_pair(fds);
}

static void
close_pair(void)
{
	close(fds[0]);
	if (fds[1] != -1)
		close(fds[1]);
}

/* A header of version 2 with the longest tail that is accepted. */
static const char *
longest(void)
{
	static char data[PROXY_HEADER_MAX];
	size_t size = PROXY_HEADER_MAX - 16;

	memset(data, '\r', sizeof(data));
	memcpy(data, "\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
	data[14] = (char)(size >> 8);
	data[15] = (char)size;
	memcpy(data + 16, "\300\0\2\1\300\0\2\2\334\4\47\21", 12);
	return data;
}

/* Waits until that many octets are there to be read. */
static void
settle(size_t waiting)
{
	for (int i = 0; i < 5000 && unit_waiting(fds[0]) < waiting; i++)
		usleep(1000);
	ck_assert_uint_eq(unit_waiting(fds[0]), waiting);
}

static void
check_left(const char *data, size_t length)
{
	char left[64];

	settle(length);
	ck_assert_int_eq(
	    recv(fds[0], left, sizeof(left), MSG_DONTWAIT), (ssize_t)length);
	ck_assert_mem_eq(left, data, length);
}

static void
check_header(const void *header, size_t length, bool relayed)
{
	struct proxy_reader r = {0};

	unit_send(fds[1], header, length);
	unit_send(fds[1], CLIENT, CLIENT_LENGTH);
	settle(length + CLIENT_LENGTH);
	ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_COMPLETE);
	ck_assert_uint_eq(r.header.length, length);
	ck_assert_int_eq(r.header.relayed, relayed);
	/* Once complete it stays so, and reads no more. */
	ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_COMPLETE);
	check_left(CLIENT, CLIENT_LENGTH);
}

START_TEST(the_header_is_taken_and_nothing_behind_it)
{
	check_header(V1, strlen(V1), true);
	check_header(LOCAL, 16, false);
	check_header(longest(), PROXY_HEADER_MAX, true);
}
END_TEST

/* Cut after each octet; the second part brings the client's along. */
static void
check_cuts(const char *header, size_t length, size_t step)
{
	char rest[PROXY_HEADER_MAX + CLIENT_LENGTH];

	for (size_t cut = 1; cut < length; cut += step) {
		struct proxy_reader r = {0};

		unit_send(fds[1], header, cut);
		settle(cut);
		ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_INCOMPLETE);
		/* Nothing stays, so that poll(2) waits for more. */
		ck_assert_uint_eq(unit_waiting(fds[0]), 0);
		ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_INCOMPLETE);
		memcpy(rest, header + cut, length - cut);
		memcpy(rest + length - cut, CLIENT, CLIENT_LENGTH);
		unit_send(fds[1], rest, length - cut + CLIENT_LENGTH);
		settle(length - cut + CLIENT_LENGTH);
		ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_COMPLETE);
		ck_assert_uint_eq(r.header.length, length);
		check_left(CLIENT, CLIENT_LENGTH);
	}
}

START_TEST(a_header_in_two_parts)
{
	check_cuts(V1, strlen(V1), 1);
	check_cuts(LOCAL, 16, 1);
	check_cuts(longest(), PROXY_HEADER_MAX, 61);
}
END_TEST

START_TEST(a_header_octet_by_octet)
{
	struct proxy_reader r = {0};
	size_t length = strlen(V1);

	for (size_t i = 0; i < length; i++) {
		ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_INCOMPLETE);
		unit_send(fds[1], &V1[i], 1);
		settle(1);
	}
	ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_COMPLETE);
	ck_assert(r.header.relayed);
}
END_TEST

START_TEST(what_is_no_header_is_left)
{
	struct proxy_reader r = {0}, later = {0};

	unit_send_text(fds[1], "PING\n");
	settle(5);
	ck_assert_int_eq(proxy_receive(&r, fds[0]), PROXY_MALFORMED);
	check_left("PING\n", 5);
	/* Or as much of it as says so. */
	unit_send_text(fds[1], "PROXY TCP4 ");
	settle(11);
	ck_assert_int_eq(proxy_receive(&later, fds[0]), PROXY_INCOMPLETE);
	unit_send_text(fds[1], "x\r\n");
	settle(3);
	ck_assert_int_eq(proxy_receive(&later, fds[0]), PROXY_MALFORMED);
	check_left("x\r\n", 3);
}
END_TEST

START_TEST(the_end_may_come_first)
{
	struct proxy_reader none = {0}, some = {0}, tail = {0};

	shutdown(fds[1], SHUT_WR);
	ck_assert_int_eq(
	    proxy_wait(&none, fds[0], DEADLINE_NEVER), PROXY_CLOSED);
	close_pair();
	open_pair();
	unit_send_text(fds[1], "PROXY TCP");
	shutdown(fds[1], SHUT_WR);
	ck_assert_int_eq(
	    proxy_wait(&some, fds[0], DEADLINE_NEVER), PROXY_CLOSED);
	close_pair();
	open_pair();
	unit_send(fds[1], longest(), 1000);
	shutdown(fds[1], SHUT_WR);
	ck_assert_int_eq(
	    proxy_wait(&tail, fds[0], DEADLINE_NEVER), PROXY_CLOSED);
}
END_TEST

START_TEST(a_reset_is_a_failure)
{
	struct linger at_once = {.l_onoff = 1};
	struct proxy_reader r = {0};

	setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fds[1]);
	fds[1] = -1;
	errno = 0;
	ck_assert_int_eq(proxy_wait(&r, fds[0], DEADLINE_NEVER), PROXY_FAILED);
	ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

START_TEST(waiting_ends_with_the_header_or_in_time)
{
	struct proxy_reader r = {0}, late = {0};

	unit_send_text(fds[1], V1 "PING\n");
	ck_assert_int_eq(
	    proxy_wait(&r, fds[0], deadline_in(60000)), PROXY_COMPLETE);
	check_left("PING\n", 5);
	unit_send_text(fds[1], "PROXY ");
	errno = 0;
	ck_assert_int_eq(
	    proxy_wait(&late, fds[0], deadline_in(20)), PROXY_FAILED);
	ck_assert_int_eq(errno, ETIMEDOUT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("proxy_reader");
	TCase *c = unit_case(suite, "proxy_reader");

	tcase_add_checked_fixture(c, open_pair, close_pair);
	tcase_add_test(c, the_header_is_taken_and_nothing_behind_it);
	tcase_add_test(c, a_header_in_two_parts);
	tcase_add_test(c, a_header_octet_by_octet);
	tcase_add_test(c, what_is_no_header_is_left);
	tcase_add_test(c, the_end_may_come_first);
	tcase_add_test(c, a_reset_is_a_failure);
	tcase_add_test(c, waiting_ends_with_the_header_or_in_time);
	return unit_main(suite);
}
