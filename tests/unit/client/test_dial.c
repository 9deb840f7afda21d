/*
 * Connections to a host by name: every address is tried, and one line says of
 * each what was wrong with it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/dial.h"
#include "unit.h"

#define TIMEOUT_MS 200

static char why[512];

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
	const struct resolved_address *found = NULL;

	add(&r, &refusing);
	add(&r, &listening);
	add(&r, &unused);
	fd = dial_connect(
	    &r, TIMEOUT_MS, DEADLINE_NEVER, -1, &found, why, sizeof(why));
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(found, &r.found[1]);
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
	const struct resolved_address *found;
	char want[512];

	add(&r, &one);
	add(&r, &two);
	ck_assert_int_eq(dial_connect(&r, TIMEOUT_MS, DEADLINE_NEVER, -1,
			     &found, why, sizeof(why)),
	    -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	snprintf(want, sizeof(want),
	    "127.0.0.1:%d: Connection refused; "
	    "127.0.0.1:%d: Connection refused",
	    ntohs(one.sin_port), ntohs(two.sin_port));
	ck_assert_str_eq(why, want);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);

	/* Cut where there is no room. */
	memset(why, 'x', sizeof(why));
	ck_assert_int_eq(
	    dial_connect(&r, TIMEOUT_MS, DEADLINE_NEVER, -1, &found, why, 12),
	    -1);
	ck_assert_uint_eq(strlen(why), 11);
	ck_assert_int_eq(strncmp(why, want, 11), 0);
	ck_assert_int_eq(why[12], 'x');
	close(fds[0]);
	close(fds[1]);
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
	const struct resolved_address *found;
	int64_t began = deadline_now();

	add(&r, &silent);
	add(&r, &listening);
	fd = dial_connect(
	    &r, TIMEOUT_MS, DEADLINE_NEVER, -1, &found, why, sizeof(why));
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(found, &r.found[1]);
	ck_assert_int_ge(deadline_now() - began, TIMEOUT_MS * INT64_C(1000000));
	close(fd);
	close(accept(two, NULL, NULL));

	fd = dial_connect(&r, 100000 * TIMEOUT_MS, deadline_in(TIMEOUT_MS), -1,
	    &found, why, sizeof(why));
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(found, &r.found[1]);
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
	int fill[4], one = bind_silent(&silent, fill), cancel[2];
	static struct resolution r;
	const struct resolved_address *found;
	char want[128];

	snprintf(want, sizeof(want),
	    "127.0.0.1:%1$d: not tried; 127.0.0.1:%1$d: not tried",
	    ntohs(silent.sin_port));
	add(&r, &silent);
	add(&r, &silent);
	ck_assert_int_eq(
	    dial_connect(&r, TIMEOUT_MS, 0, -1, &found, why, sizeof(why)), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_str_eq(why, want);

	unit_pair(cancel);
	unit_send_text(cancel[1], "x");
	ck_assert_int_eq(dial_connect(&r, 1000 * TIMEOUT_MS, DEADLINE_NEVER,
			     cancel[0], &found, why, sizeof(why)),
	    -1);
	ck_assert_int_eq(errno, ECANCELED);
	ck_assert_ptr_nonnull(strstr(why, ": not tried"));
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(cancel[0]);
	close(cancel[1]);
	close(one);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dial");
	TCase *c = unit_case(suite, "dial");

	tcase_add_test(c, connects_to_the_first_that_answers);
	tcase_add_test(c, names_each_address_and_its_cause);
	tcase_add_test(c, gives_each_its_share);
	tcase_add_test(c, says_what_was_not_tried);
	return unit_main(suite);
}
