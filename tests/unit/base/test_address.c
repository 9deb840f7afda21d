/*
 * Addresses: as people write them, and as logs show them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "unit.h"

START_TEST(splits)
{
	static const struct {
		const char *text, *host, *port;
	} cases[] = {
	    {"localhost", "localhost", ""},
	    {"localhost:10001", "localhost", "10001"},
	    {"localhost:service", "localhost", "service"},
	    {"192.0.2.1", "192.0.2.1", ""},
	    {"192.0.2.1:1", "192.0.2.1", "1"},
	    {"10001", "10001", ""},
	    {"2001:db8::1", "2001:db8::1", ""},
	    {"::", "::", ""},
	    {"::1", "::1", ""},
	    {"[::1]", "::1", ""},
	    {"[::1]:10001", "::1", "10001"},
	    {"[fe80::1%eth0]:22", "fe80::1%eth0", "22"},
	    {"[localhost]:22", "localhost", "22"},
	};
	char host[ADDRESS_HOST_MAX], port[ADDRESS_PORT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(address_split(cases[i].text, host, port) == 0,
		    "%s", cases[i].text);
		ck_assert_str_eq(host, cases[i].host);
		ck_assert_str_eq(port, cases[i].port);
	}
}
END_TEST

START_TEST(refuses)
{
	static const char *const cases[] = {"", ":", ":10001",
	    "localhost:", "[", "[]", "[]:1", "[::1", "[::1]:", "[::1]x",
	    "[::1]10001"};
	char host[ADDRESS_HOST_MAX], port[ADDRESS_PORT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		errno = 0;
		ck_assert_msg(
		    address_split(cases[i], host, port) == -1, "%s", cases[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
}
END_TEST

/* The longest that fit, and one octet more. */
START_TEST(bounds_host_and_port)
{
	char text[ADDRESS_HOST_MAX + ADDRESS_PORT_MAX + 4];
	char host[ADDRESS_HOST_MAX], port[ADDRESS_PORT_MAX];

	memset(text, 'h', sizeof(text));
	text[ADDRESS_HOST_MAX - 1] = '\0';
	ck_assert_int_eq(address_split(text, host, port), 0);
	ck_assert_uint_eq(strlen(host), ADDRESS_HOST_MAX - 1);
	text[ADDRESS_HOST_MAX - 1] = 'h';
	text[ADDRESS_HOST_MAX] = '\0';
	ck_assert_int_eq(address_split(text, host, port), -1);
	ck_assert_int_eq(errno, EINVAL);

	memset(text, '1', sizeof(text));
	text[1] = ':';
	text[2 + ADDRESS_PORT_MAX - 1] = '\0';
	ck_assert_int_eq(address_split(text, host, port), 0);
	ck_assert_uint_eq(strlen(port), ADDRESS_PORT_MAX - 1);
	text[2 + ADDRESS_PORT_MAX - 1] = '1';
	text[2 + ADDRESS_PORT_MAX] = '\0';
	ck_assert_int_eq(address_split(text, host, port), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void
expect(const void *address, size_t length, const char *full, const char *host)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(address, (socklen_t)length, text);
	ck_assert_str_eq(text, full);
	address_format_host(address, (socklen_t)length, text);
	ck_assert_str_eq(text, host);
}

START_TEST(shows_ipv4)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET,
	    .sin_port = htons(10001),
	};

	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	expect(&v4, sizeof(v4), "192.0.2.1:10001", "192.0.2.1");
}
END_TEST

START_TEST(shows_ipv6)
{
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(65535),
	};

	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	expect(&v6, sizeof(v6), "[2001:db8::1]:65535", "2001:db8::1");
	inet_pton(
	    AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", &v6.sin6_addr);
	expect(&v6, sizeof(v6),
	    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
	    "2001:db8:1111:2222:3333:4444:5555:6666");
}
END_TEST

START_TEST(shows_mapped_ipv4_as_ipv4)
{
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(7),
	};

	inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr);
	expect(&v6, sizeof(v6), "192.0.2.1:7", "192.0.2.1");
}
END_TEST

START_TEST(shows_unix_sockets)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	char path[sizeof(local.sun_path) + 1];
	size_t head = offsetof(struct sockaddr_un, sun_path);

	expect(&local, head, "unix", "unix");
	/* An abstract one has no path. */
	memcpy(local.sun_path, "\0name", 5);
	expect(&local, head + 5, "unix", "unix");
	strcpy(local.sun_path, "/run/ping");
	expect(&local, sizeof(local), "/run/ping", "/run/ping");
	expect(&local, head + 9, "/run/ping", "/run/ping");
	/* A path as long as can be has no NUL (unix(7)). */
	memset(local.sun_path, 'p', sizeof(local.sun_path));
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	expect(&local, sizeof(local), path, path);
}
END_TEST

START_TEST(shows_what_it_does_not_know)
{
	struct sockaddr odd = {.sa_family = AF_APPLETALK};

	expect(&odd, sizeof(odd), "unknown", "unknown");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("address");
	TCase *c = unit_case(suite, "address");

	tcase_add_test(c, splits);
	tcase_add_test(c, refuses);
	tcase_add_test(c, bounds_host_and_port);
	tcase_add_test(c, shows_ipv4);
	tcase_add_test(c, shows_ipv6);
	tcase_add_test(c, shows_mapped_ipv4_as_ipv4);
	tcase_add_test(c, shows_unix_sockets);
	tcase_add_test(c, shows_what_it_does_not_know);
	return unit_main(suite);
}
