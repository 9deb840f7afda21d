/*
 * Look-ups: numbers at once, names in a process that can be given up.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "client/resolve.h"
#include "unit.h"

static struct look_up l;

/* Looks up, and waits for that.  Returns 1 or -1. */
static int
look_up(const char *host, int family)
{
	struct resolve_question question = {
	    .host = host, .port = 80, .family = family};
	int ret = resolve_begin(&l, &question, NULL);

	while (ret == 0) {
		(void)deadline_wait(l.fd, POLLIN, DEADLINE_NEVER, -1);
		ret = resolve_continue(&l);
	}
	resolve_end(&l);
	return ret;
}

START_TEST(knows_addresses)
{
	const struct sockaddr_in *v4 = (const void *)&l.found.found[0].address;

	ck_assert_int_eq(look_up("127.0.0.1", AF_UNSPEC), 1);
	ck_assert_uint_eq(l.found.count, 1);
	ck_assert_int_eq(v4->sin_family, AF_INET);
	ck_assert_uint_eq(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_uint_eq(ntohs(v4->sin_port), 80);
	ck_assert_int_eq(look_up("::1", AF_INET6), 1);
	ck_assert_int_eq(v4->sin_family, AF_INET6);
	ck_assert_int_eq(look_up("127.0.0.1", AF_INET6), -1);
	ck_assert_str_eq(l.why, gai_strerror(EAI_ADDRFAMILY));
}
END_TEST

START_TEST(knows_names_and_leaves_no_process)
{
	ck_assert_int_eq(look_up("localhost", AF_INET), 1);
	ck_assert_uint_eq(l.found.count, 1);
	/* RFC 6761: no name ends in .invalid. */
	ck_assert_int_eq(look_up("none.invalid", AF_UNSPEC), -1);
	ck_assert_str_ne(l.why, "");
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(can_be_given_up)
{
	struct resolve_question question = {.host = "localhost", .port = 80};
	size_t before = unit_descriptors(getpid());

	ck_assert_int_eq(resolve_begin(&l, &question, NULL), 0);
	resolve_end(&l);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolve");
	TCase *c = unit_case(suite, "resolve");

	tcase_add_test(c, knows_addresses);
	tcase_add_test(c, knows_names_and_leaves_no_process);
	tcase_add_test(c, can_be_given_up);
	return unit_main(suite);
}
