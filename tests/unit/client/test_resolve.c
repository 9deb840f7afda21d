/*
 * Look-ups: numbers at once, names in a process that can be given up.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/resolve.h"
#include "unit.h"

static struct resolution r;
static char why[256];

static int
look_up(const char *host, int family, deadline when, int cancel_fd)
{
	return resolve_host(
	    host, 80, family, when, cancel_fd, &r, why, sizeof(why));
}

START_TEST(knows_addresses)
{
	const struct sockaddr_in *v4 = (const void *)&r.found[0].address;

	ck_assert_int_eq(
	    look_up("127.0.0.1", AF_UNSPEC, DEADLINE_NEVER, -1), 0);
	ck_assert_uint_eq(r.count, 1);
	ck_assert_int_eq(v4->sin_family, AF_INET);
	ck_assert_uint_eq(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
	ck_assert_uint_eq(ntohs(v4->sin_port), 80);
	ck_assert_int_eq(look_up("::1", AF_INET6, DEADLINE_NEVER, -1), 0);
	ck_assert_int_eq(v4->sin_family, AF_INET6);
	ck_assert_int_eq(
	    look_up("127.0.0.1", AF_INET6, DEADLINE_NEVER, -1), -1);
	ck_assert_str_eq(why, gai_strerror(EAI_ADDRFAMILY));
}
END_TEST

START_TEST(knows_names_and_leaves_no_process)
{
	ck_assert_int_eq(look_up("localhost", AF_INET, DEADLINE_NEVER, -1), 0);
	ck_assert_uint_eq(r.count, 1);
	/* RFC 6761: no name ends in .invalid. */
	ck_assert_int_eq(
	    look_up("none.invalid", AF_UNSPEC, DEADLINE_NEVER, -1), -1);
	ck_assert_int_eq(errno, 0);
	ck_assert_str_ne(why, "");
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(can_be_given_up)
{
	size_t before = unit_descriptors(getpid());
	int cancel[2];

	ck_assert_int_eq(look_up("localhost", AF_UNSPEC, 0, -1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	unit_pair(cancel);
	unit_send_text(cancel[1], "x");
	ck_assert_int_eq(
	    look_up("localhost", AF_UNSPEC, DEADLINE_NEVER, cancel[0]), -1);
	ck_assert_int_eq(errno, ECANCELED);
	close(cancel[0]);
	close(cancel[1]);
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
