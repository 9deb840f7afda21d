/*
 * Connections that wait for a PROXY protocol header: each gets its outcome,
 * and none holds up another.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "listener/pending.h"
#include "unit.h"

#define HEADER "PROXY TCP6 2001:db8::1 2001:db8::2 56324 10001\r\n"
#define HOUR_MS (60 * 60 * INT64_C(1000))

/* The proxy at 192.0.2.`last`. */
static struct peer
proxy(uint8_t last)
{
	struct peer peer = {.length = sizeof(struct sockaddr_in)};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer.address;

	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(0xc0000200U + last);
	return peer;
}

/* Lets a new connection wait; returns the proxy's end. */
static int
add(struct pending *a, uint8_t last)
{
	struct peer peer = proxy(last);
	int fds[2];

	unit_pair(fds);
	ck_assert_int_eq(pending_add(a, fds[0], &peer), 0);
	return fds[1];
}

/* Whether the one descriptor says that there is something to do. */
static bool
speaks(const struct pending *a)
{
	struct pollfd fd = {.fd = pending_fd(a), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* The next outcome; `who` is the peer's address.  Closes it. */
static enum pending_outcome
next(struct pending *a, int64_t now, char *who)
{
	struct peer peer;
	int fd;
	enum pending_outcome outcome = pending_next(a, now, &peer, &fd);

	if (outcome != PENDING_NONE) {
		address_format(
		    (struct sockaddr *)&peer.address, peer.length, who);
		ck_assert_int_eq(close(fd), 0);
	}
	return outcome;
}

START_TEST(each_gets_its_outcome)
{
	struct pending *a = pending_new(10, HOUR_MS);
	char who[ADDRESS_TEXT_MAX] = "";
	int relayed = add(a, 1), silent = add(a, 2), wrong = add(a, 3),
	    gone = add(a, 4), local = add(a, 5);

	ck_assert(!speaks(a));
	ck_assert_int_eq(next(a, 0, who), PENDING_NONE);
	unit_send_text(relayed, HEADER "PING\n");
	ck_assert(speaks(a));
	ck_assert_int_eq(next(a, 0, who), PENDING_READY);
	ck_assert_str_eq(who, "[2001:db8::1]:56324");
	ck_assert_int_eq(next(a, 0, who), PENDING_NONE);

	unit_send_text(wrong, "PING\n");
	ck_assert_int_eq(next(a, 0, who), PENDING_MALFORMED);
	ck_assert_str_eq(who, "192.0.2.3:0");
	close(gone);
	ck_assert_int_eq(next(a, 0, who), PENDING_GONE);
	ck_assert_str_eq(who, "192.0.2.4:0");
	unit_send_text(local, "PROXY UNKNOWN\r\n");
	ck_assert_int_eq(next(a, 0, who), PENDING_READY);
	ck_assert_str_eq(who, "192.0.2.5:0");
	ck_assert_uint_eq(pending_count(a), 1);
	ck_assert(!speaks(a));
	close(relayed);
	close(silent);
	close(wrong);
	close(local);
	pending_free(a);
}
END_TEST

START_TEST(what_follows_the_header_is_left)
{
	struct pending *a = pending_new(10, HOUR_MS);
	struct peer peer;
	char rest[16];
	int fd, end = add(a, 1);

	unit_send_text(end, HEADER "STARTTLS\n");
	ck_assert_int_eq(pending_next(a, 0, &peer, &fd), PENDING_READY);
	ck_assert_int_eq(recv(fd, rest, sizeof(rest), 0), 9);
	ck_assert_mem_eq(rest, "STARTTLS\n", 9);
	close(fd);
	close(end);
	pending_free(a);
}
END_TEST

/* A part of a header is taken, and does not keep the listener awake. */
START_TEST(a_part_is_no_reason_to_spin)
{
	struct pending *a = pending_new(10, HOUR_MS);
	char who[ADDRESS_TEXT_MAX];
	int end = add(a, 1);

	unit_send_text(end, "PROXY UN");
	ck_assert(speaks(a));
	ck_assert_int_eq(next(a, 0, who), PENDING_NONE);
	ck_assert(!speaks(a));
	unit_send_text(end, "KNOWN\r\n");
	ck_assert_int_eq(next(a, 0, who), PENDING_READY);
	close(end);
	pending_free(a);
}
END_TEST

START_TEST(who_waits_too_long_is_late)
{
	struct pending *a = pending_new(10, HOUR_MS);
	char who[ADDRESS_TEXT_MAX];
	deadline first, second;
	int one, other;

	ck_assert_int_eq(pending_deadline(a), DEADLINE_NEVER);
	one = add(a, 1);
	first = pending_deadline(a);
	ck_assert_int_le(first, deadline_in(HOUR_MS));
	ck_assert_int_gt(first, deadline_in(HOUR_MS / 2));
	other = add(a, 2);
	ck_assert_int_eq(pending_deadline(a), first);
	unit_send_text(one, "PROXY "); /* gains it nothing */
	ck_assert_int_eq(next(a, first - 1, who), PENDING_NONE);
	ck_assert_int_eq(next(a, first, who), PENDING_LATE);
	ck_assert_str_eq(who, "192.0.2.1:0");
	second = pending_deadline(a);
	ck_assert_int_ge(second, first);
	ck_assert_int_eq(next(a, second, who), PENDING_LATE);
	ck_assert_int_eq(next(a, second, who), PENDING_NONE);
	ck_assert_int_eq(pending_deadline(a), DEADLINE_NEVER);
	close(one);
	close(other);
	pending_free(a);
}
END_TEST

START_TEST(so_many_may_wait)
{
	struct pending *a = pending_new(2, HOUR_MS);
	char who[ADDRESS_TEXT_MAX];
	struct peer peer = proxy(3);
	int one = add(a, 1), other = add(a, 2), fds[2];

	unit_pair(fds);
	errno = 0;
	ck_assert_int_eq(pending_add(a, fds[0], &peer), -1);
	ck_assert_int_eq(errno, ENOBUFS);
	close(one);
	ck_assert_int_eq(next(a, 0, who), PENDING_GONE);
	ck_assert_int_eq(pending_add(a, fds[0], &peer), 0);
	ck_assert_uint_eq(pending_count(a), 2);
	close(other);
	close(fds[1]);
	pending_free(a);
}
END_TEST

/* A session forked while others wait lets go of them, and the listener still
 * has them all; nor does it keep one alive that the listener is done with. */
START_TEST(a_child_lets_go)
{
	size_t before = unit_descriptors(getpid());
	struct pending *a = pending_new(10, HOUR_MS);
	char who[ADDRESS_TEXT_MAX];
	int first = add(a, 1), second = add(a, 2), third = add(a, 3), status;
	pid_t pid = fork(), keeper;

	if (pid == 0) {
		descriptors_keep(NULL, 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(pending_count(a), 3);

	keeper = fork();
	if (keeper == 0) {
		pause();
		_exit(0);
	}
	unit_send_text(first, HEADER "PING\n"); /* more to read, and closed */
	ck_assert_int_eq(next(a, 0, who), PENDING_READY);
	ck_assert(!speaks(a));
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
	unit_send_text(second, HEADER);
	ck_assert_int_eq(next(a, 0, who), PENDING_READY);
	close(first);
	close(second);
	close(third);
	pending_free(a);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}
END_TEST

START_TEST(without_proxies_nothing_waits)
{
	struct peer peer = proxy(1);
	int fd;

	ck_assert_int_eq(pending_fd(NULL), -1);
	ck_assert_int_eq(pending_deadline(NULL), DEADLINE_NEVER);
	ck_assert_int_eq(pending_next(NULL, 0, &peer, &fd), PENDING_NONE);
	ck_assert_uint_eq(pending_count(NULL), 0);
	ck_assert_int_eq(pending_add(NULL, 0, &peer), -1);
	pending_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pending");
	TCase *c = unit_case(suite, "pending");

	tcase_add_test(c, each_gets_its_outcome);
	tcase_add_test(c, what_follows_the_header_is_left);
	tcase_add_test(c, a_part_is_no_reason_to_spin);
	tcase_add_test(c, who_waits_too_long_is_late);
	tcase_add_test(c, so_many_may_wait);
	tcase_add_test(c, a_child_lets_go);
	tcase_add_test(c, without_proxies_nothing_waits);
	return unit_main(suite);
}
