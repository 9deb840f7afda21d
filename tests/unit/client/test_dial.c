/*
 * Connections to a host by name: every address is tried, and one line says of
 * each what was wrong with it.
 */
#include <errno.h>
#include <netdb.h>
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

static struct addrinfo
entry(struct sockaddr_in *address, struct addrinfo *next)
{
	return (struct addrinfo){
	    .ai_family = AF_INET,
	    .ai_socktype = SOCK_STREAM,
	    .ai_addr = (struct sockaddr *)address,
	    .ai_addrlen = sizeof(*address),
	    .ai_next = next,
	};
}

START_TEST(looks_up_names_and_addresses)
{
	struct addrinfo *found =
	    dial_resolve("127.0.0.1", "80", AF_UNSPEC, why, sizeof(why));
	const struct sockaddr_in *address;

	ck_assert_ptr_nonnull(found);
	ck_assert_int_eq(found->ai_family, AF_INET);
	ck_assert_int_eq(found->ai_socktype, SOCK_STREAM);
	address = (const void *)found->ai_addr;
	ck_assert_uint_eq(ntohl(address->sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_uint_eq(ntohs(address->sin_port), 80);
	ck_assert_ptr_null(found->ai_next);
	freeaddrinfo(found);
	found = dial_resolve("::1", "80", AF_INET6, why, sizeof(why));
	ck_assert_ptr_nonnull(found);
	ck_assert_int_eq(found->ai_family, AF_INET6);
	freeaddrinfo(found);
}
END_TEST

START_TEST(says_what_cannot_be_looked_up)
{
	char want[256];

	ck_assert_ptr_null(
	    dial_resolve("127.0.0.1", "80", AF_INET6, why, sizeof(why)));
	snprintf(
	    want, sizeof(want), "127.0.0.1: %s", gai_strerror(EAI_ADDRFAMILY));
	ck_assert_str_eq(why, want);
}
END_TEST

START_TEST(connects_to_the_first_that_answers)
{
	struct sockaddr_in refusing, listening, unused;
	int one = bind_socket(&refusing, false),
	    two = bind_socket(&listening, true),
	    three = bind_socket(&unused, true), fd;
	struct addrinfo third = entry(&unused, NULL),
			second = entry(&listening, &third),
			first = entry(&refusing, &second);
	const struct addrinfo *found = NULL;
	int64_t ns = -1;

	fd = dial_connect(&first, TIMEOUT_MS, DEADLINE_NEVER, -1, &found, &ns,
	    why, sizeof(why));
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(found, &second);
	ck_assert_int_gt(ns, 0);
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
	struct addrinfo second = entry(&two, NULL),
			first = entry(&one, &second);
	const struct addrinfo *found;
	char want[512];
	int64_t ns;

	ck_assert_int_eq(dial_connect(&first, TIMEOUT_MS, DEADLINE_NEVER, -1,
			     &found, &ns, why, sizeof(why)),
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
	ck_assert_int_eq(dial_connect(&first, TIMEOUT_MS, DEADLINE_NEVER, -1,
			     &found, &ns, why, 12),
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

START_TEST(gives_each_its_time_and_all_no_more_than_theirs)
{
	struct sockaddr_in silent, listening;
	int fill[4], one = bind_silent(&silent, fill),
		     two = bind_socket(&listening, true), fd;
	struct addrinfo second = entry(&listening, NULL),
			first = entry(&silent, &second);
	const struct addrinfo *found;
	int64_t began = deadline_now(), ns;

	fd = dial_connect(&first, TIMEOUT_MS, DEADLINE_NEVER, -1, &found, &ns,
	    why, sizeof(why));
	ck_assert_int_ne(fd, -1);
	ck_assert_ptr_eq(found, &second);
	ck_assert_int_ge(deadline_now() - began, TIMEOUT_MS * INT64_C(1000000));
	close(fd);

	/* The whole is over: the second is not waited for. */
	second = entry(&silent, NULL);
	ck_assert_int_eq(
	    dial_connect(&first, 1000 * TIMEOUT_MS, deadline_in(TIMEOUT_MS), -1,
		&found, &ns, why, sizeof(why)),
	    -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(one);
	close(two);
}
END_TEST

START_TEST(stops_when_told)
{
	struct sockaddr_in silent;
	int fill[4], one = bind_silent(&silent, fill), cancel[2];
	struct addrinfo second = entry(&silent, NULL),
			first = entry(&silent, &second);
	const struct addrinfo *found;
	int64_t ns;

	unit_pair(cancel);
	unit_send_text(cancel[1], "x");
	ck_assert_int_eq(dial_connect(&first, 1000 * TIMEOUT_MS, DEADLINE_NEVER,
			     cancel[0], &found, &ns, why, sizeof(why)),
	    -1);
	ck_assert_int_eq(errno, ECANCELED);
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

	tcase_add_test(c, looks_up_names_and_addresses);
	tcase_add_test(c, says_what_cannot_be_looked_up);
	tcase_add_test(c, connects_to_the_first_that_answers);
	tcase_add_test(c, names_each_address_and_its_cause);
	tcase_add_test(c, gives_each_its_time_and_all_no_more_than_theirs);
	tcase_add_test(c, stops_when_told);
	return unit_main(suite);
}
