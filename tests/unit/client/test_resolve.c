/*
 * Look-ups: numbers at once, names in a process that can be given up.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "client/resolve.h"
#include "unit.h"

static struct look_up l;
static struct resolvers resolvers;

/* Looks up, and waits for that.  Returns 1 or -1. */
static int
look_up(const char *host, int family)
{
	struct resolver_question question = {.port = 80, .family = family};
	int ret;

	strcpy(question.host, host);
	ret = resolve_begin(&l, &resolvers, &question, NULL);

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
	resolvers_clear(&resolvers);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(one_process_answers_one_after_another)
{
	pid_t first;

	ck_assert_int_eq(look_up("localhost", AF_INET), 1);
	first = l.resolver.pid;
	ck_assert_int_eq(look_up("localhost", AF_INET), 1);
	ck_assert_int_eq(l.resolver.pid, first);
	ck_assert_uint_eq(resolvers.count, 1);
	/* One that was killed meanwhile is not asked. */
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	ck_assert_int_eq(
	    waitid(P_PID, (id_t)first, NULL, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(look_up("localhost", AF_INET), 1);
	ck_assert_int_ne(l.resolver.pid, first);
	resolvers_clear(&resolvers);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* It must not keep open what others close, such as connections. */
START_TEST(a_process_holds_no_descriptor_of_others)
{
	int pair[2];
	char octet;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(look_up("localhost", AF_INET), 1);
	close(pair[1]);
	ck_assert_int_eq(recv(pair[0], &octet, 1, MSG_DONTWAIT), 0);
	close(pair[0]);
	resolvers_clear(&resolvers);
}
END_TEST

START_TEST(can_be_given_up)
{
	struct resolver_question question = {.host = "localhost", .port = 80};
	size_t before = unit_descriptors(getpid());

	ck_assert_int_eq(resolve_begin(&l, &resolvers, &question, NULL), 0);
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
	tcase_add_test(c, one_process_answers_one_after_another);
	tcase_add_test(c, a_process_holds_no_descriptor_of_others);
	tcase_add_test(c, can_be_given_up);
	return unit_main(suite);
}
