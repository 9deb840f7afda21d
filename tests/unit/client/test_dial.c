/*
 * Connections to a host by name: every address is tried, and one line says of
 * each what was wrong with it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/dial.h"
#include "unit.h"

#define TIMEOUT_MS 200

static struct dial dial;

/* Waits for the end of what dial_begin() returned `ret` for.  Returns the
 * connection, or -1. */
static int
wait_for_connection(int ret)
{
	while (ret == 0) {
		(void)deadline_wait(dial.fd, POLLOUT, dial.until, -1);
		ret = dial_continue(&dial);
	}
	return ret == 1 ? dial.fd : -1;
}

static int
connect_to(const struct resolution *r, int64_t timeout_ms, deadline end)
{
	return wait_for_connection(dial_begin(&dial, r, timeout_ms, end));
}

/* A socket on the loopback interface that listens, or is only bound and so
 * refuses.  Its address goes to `address`. */
static int
bind_socket(struct sockaddr_in *address, bool listens)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	if (listens)
		ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)address, &length), 0);
	return fd;
}

static void
add(struct resolution *r, const struct sockaddr_in *address)
{
	struct resolved_address *a = &r->found[r->count++];

	a->length = sizeof(*address);
	memcpy(&a->address, address, sizeof(*address));
}

START_TEST(connects_to_the_first_that_answers)
{
	struct sockaddr_in refusing, listening, unused;
	int one = bind_socket(&refusing, false),
	    two = bind_socket(&listening, true),
	    three = bind_socket(&unused, true), fd;
	static struct resolution r;

	add(&r, &refusing);
	add(&r, &listening);
	add(&r, &unused);
	fd = connect_to(&r, TIMEOUT_MS, DEADLINE_NEVER);
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(dial_address(&dial), &r.found[1]);
	close(fd);
	close(one);
	close(two);
	close(three);
}
END_TEST

START_TEST(names_each_address_and_its_cause)
{
	struct sockaddr_in one, two;
	int fds[] = {bind_socket(&one, false), bind_socket(&two, false)};
	size_t before = unit_descriptors(getpid());
	static struct resolution r;
	char want[512];

	add(&r, &one);
	add(&r, &two);
	ck_assert_int_eq(connect_to(&r, TIMEOUT_MS, DEADLINE_NEVER), -1);
	ck_assert_int_eq(dial.error, ECONNREFUSED);
	snprintf(want, sizeof(want),
	    "127.0.0.1:%d: Connection refused; "
	    "127.0.0.1:%d: Connection refused",
	    ntohs(one.sin_port), ntohs(two.sin_port));
	ck_assert_str_eq(dial.why, want);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(says_that_there_were_more)
{
	struct sockaddr_in refusing;
	int fd = bind_socket(&refusing, false);
	static struct resolution r;

	while (r.count < RESOLVER_ADDRESSES_MAX)
		add(&r, &refusing);
	ck_assert_int_eq(connect_to(&r, TIMEOUT_MS, DEADLINE_NEVER), -1);
	ck_assert_uint_eq(strlen(dial.why), sizeof(dial.why) - 1);
	ck_assert_str_eq(dial.why + sizeof(dial.why) - 4, "...");
	close(fd);
}
END_TEST

/* A listener that accepts nothing: when its queue is full, Linux leaves the
 * next ones without an answer. */
static int
bind_silent(struct sockaddr_in *address, int fill[4])
{
	int fd = bind_socket(address, true);

	for (int i = 0; i < 4; i++) {
		fill[i] = socket(
		    AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(fill[i], (struct sockaddr *)address, sizeof(*address));
	}
	return fd;
}

/* The whole is not used up by the first: the second has its share. */
START_TEST(gives_each_its_share)
{
	struct sockaddr_in silent, listening;
	int fill[4], one = bind_silent(&silent, fill),
		     two = bind_socket(&listening, true), fd;
	static struct resolution r;
	int64_t began = deadline_now();
	deadline end;

	add(&r, &silent);
	add(&r, &listening);
	fd = connect_to(&r, TIMEOUT_MS, DEADLINE_NEVER);
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(dial_address(&dial), &r.found[1]);
	ck_assert_int_ge(deadline_now() - began, TIMEOUT_MS * INT64_C(1000000));
	close(fd);
	close(accept(two, NULL, NULL));

	end = deadline_in(10000 * TIMEOUT_MS);
	ck_assert_int_eq(dial_begin(&dial, &r, 100000 * TIMEOUT_MS, end), 0);
	ck_assert_int_gt(dial.until, dial.began);
	ck_assert_int_lt(dial.until, dial.began + (end - dial.began) / 2);
	dial.until = 0; /* its share is over */
	fd = wait_for_connection(0);
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(dial_address(&dial), &r.found[1]);
	close(fd);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(one);
	close(two);
}
END_TEST

/* What was not tried is not said to have timed out. */
START_TEST(says_what_was_not_tried)
{
	struct sockaddr_in silent;
	int fill[4], one = bind_silent(&silent, fill);
	static struct resolution r;
	char want[128];

	snprintf(want, sizeof(want),
	    "127.0.0.1:%1$d: not tried; 127.0.0.1:%1$d: not tried",
	    ntohs(silent.sin_port));
	add(&r, &silent);
	add(&r, &silent);
	ck_assert_int_eq(connect_to(&r, TIMEOUT_MS, 0), -1);
	ck_assert_int_eq(dial.error, ETIMEDOUT);
	ck_assert_str_eq(dial.why, want);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(one);
}
END_TEST

/* The line is cut where it does not fit. */
START_TEST(names_as_many_as_fit)
{
	struct sockaddr_in refusing;
	int fd = bind_socket(&refusing, false);
	static struct resolution r;

	for (int i = 0; i < RESOLVER_ADDRESSES_MAX; i++)
		add(&r, &refusing);
	ck_assert_int_eq(connect_to(&r, TIMEOUT_MS, DEADLINE_NEVER), -1);
	ck_assert_uint_eq(strlen(dial.why), sizeof(dial.why) - 1);
	close(fd);
}
END_TEST

START_TEST(can_be_given_up)
{
	size_t before = unit_descriptors(getpid());
	struct sockaddr_in silent;
	int fill[4], one = bind_silent(&silent, fill);
	static struct resolution r;

	add(&r, &silent);
	ck_assert_int_eq(dial_begin(&dial, &r, TIMEOUT_MS, DEADLINE_NEVER), 0);
	ck_assert_int_ge(dial.fd, 0);
	dial_give_up(&dial);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(one);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dial");
	TCase *c = unit_case(suite, "dial");

	tcase_add_test(c, connects_to_the_first_that_answers);
	tcase_add_test(c, names_each_address_and_its_cause);
	tcase_add_test(c, says_that_there_were_more);
	tcase_add_test(c, gives_each_its_share);
	tcase_add_test(c, says_what_was_not_tried);
	tcase_add_test(c, names_as_many_as_fit);
	tcase_add_test(c, can_be_given_up);
	return unit_main(suite);
}
