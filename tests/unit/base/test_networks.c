/*
 * Lists of networks: what is one, and who is in it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/networks.h"
#include "unit.h"

/* Whether the address, or "unix", is in the list. */
static bool
has(const struct networks *networks, const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_un local = {.sun_family = AF_UNIX};

	if (strcmp(text, "unix") == 0)
		return networks_match(networks, (struct sockaddr *)&local);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return networks_match(networks, (struct sockaddr *)&v4);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return networks_match(networks, (struct sockaddr *)&v6);
}

static const struct {
	const char *list, *address;
	bool in;
} cases[] = {
    {"192.0.2.0/24", "192.0.2.0", true},
    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.0/24", "192.0.1.255", false},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.0", false},
    {"192.0.2.1/32", "192.0.2.1", true},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"172.16.0.0/12", "172.31.255.255", true},
    {"172.16.0.0/12", "172.32.0.0", false},
    {"128.0.0.0/1", "128.0.0.0", true},
    {"128.0.0.0/1", "127.255.255.255", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"0.0.0.0/0", "unix", false},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::", false},
    {"2001:db8::1", "2001:db8::1", true},
    {"2001:db8::1", "2001:db8::2", false},
    {"2001:db8::/127", "2001:db8::1", true},
    {"2001:db8::/127", "2001:db8::2", false},
    {"2001:DB8::/33", "2001:db8:7fff::", true},
    {"2001:DB8::/33", "2001:db8:8000::", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "::", true},
    {"::1", "::1", true},
    /* IPv4 is IPv4, mapped or not, and IPv6 has none of it. */
    {"::/0", "192.0.2.1", false},
    {"::/0", "::ffff:192.0.2.1", false},
    {"192.0.2.0/24", "::ffff:192.0.2.1", true},
    {"192.0.2.0/24", "::ffff:192.0.3.1", false},
    {"192.0.2.0/24", "::192.0.2.1", false},
    {"::ffff:192.0.2.0/120", "192.0.2.1", true},
    {"::ffff:192.0.2.0/120", "192.0.3.1", false},
    {"::ffff:0:0/96", "192.0.2.1", true},
    {"::ffff:0:0/96", "::1", false},
    /* Sockets without an address. */
    {"unix", "unix", true},
    {"unix", "0.0.0.0", false},
    {"unix", "::", false},
    {"::/0,0.0.0.0/0", "unix", false},
    /* Several. */
    {"192.0.2.1,2001:db8::/32,unix", "192.0.2.1", true},
    {"192.0.2.1,2001:db8::/32,unix", "2001:db8::1", true},
    {"192.0.2.1,2001:db8::/32,unix", "unix", true},
    {"192.0.2.1,2001:db8::/32,unix", "192.0.2.2", false},
    {"192.0.2.1,192.0.2.1", "192.0.2.1", true},
};

START_TEST(who_is_in)
{
	struct networks *networks = networks_parse(cases[_i].list);

	ck_assert_ptr_nonnull(networks);
	ck_assert_msg(has(networks, cases[_i].address) == cases[_i].in, "%s %s",
	    cases[_i].list, cases[_i].address);
	networks_free(networks);
}
END_TEST

static const char *const wrong[] = {
    "",
    ",",
    "192.0.2.1,",
    ",192.0.2.1",
    "192.0.2.1,,192.0.2.2",
    " 192.0.2.1",
    "192.0.2.1, 192.0.2.2",
    "192.0.2.1 ",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.01",
    "192.0.2.0/",
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/24x",
    "192.0.2.0/24/24",
    "192.0.2.0/255.255.255.0",
    "/24",
    "0/0",
    "2001:db8::/129",
    "2001:db8::/",
    "2001:db8:::/32",
    "[2001:db8::1]",
    "fe80::1%lo",
    "localhost",
    "none",
    "unix/0",
    "UNIX",
    /* Bits beyond the prefix. */
    "192.0.2.1/24",
    "192.0.2.64/25",
    "192.0.2.1/31",
    "0.0.0.1/0",
    "2001:db8::1/127",
    "2001:db8::1/64",
    "::1/0",
    "::ffff:0:0/95",
    "::ffff:192.0.2.1/24",
    "192.0.2.1,192.0.2.1/24",
};

START_TEST(refuses_what_is_no_list)
{
	errno = 0;
	ck_assert_msg(networks_parse(wrong[_i]) == NULL, "%s", wrong[_i]);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(no_list_has_no_one)
{
	ck_assert(!has(NULL, "192.0.2.1"));
	ck_assert(!has(NULL, "2001:db8::1"));
	ck_assert(!has(NULL, "unix"));
	networks_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("networks");
	TCase *c = unit_case(suite, "networks");

	tcase_add_loop_test(c, who_is_in, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(
	    c, refuses_what_is_no_list, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(c, no_list_has_no_one);
	return unit_main(suite);
}
