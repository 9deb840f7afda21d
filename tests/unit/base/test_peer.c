/*
 * A peer has one name in the log, whoever logs it.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/peer.h"
#include "unit.h"

static struct peer peer;

static void
expect(const char *name, const char *host)
{
	char text[ADDRESS_TEXT_MAX];

	peer_format(&peer, text);
	ck_assert_str_eq(text, name);
	peer_format_host(&peer, text);
	ck_assert_str_eq(text, host);
}

static void
set_ipv6(const char *address, unsigned int zone)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&peer.address;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(4711);
	v6->sin6_scope_id = zone;
	ck_assert_int_eq(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
	peer.length = sizeof(*v6);
}

START_TEST(names_ipv4)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer.address;

	v4->sin_family = AF_INET;
	v4->sin_port = htons(4711);
	v4->sin_addr.s_addr = htonl(0xc0000201);
	peer.length = sizeof(*v4);
	expect("192.0.2.1:4711", "192.0.2.1");
	set_ipv6("::ffff:192.0.2.1", 0);
	expect("192.0.2.1:4711", "192.0.2.1");
}
END_TEST

START_TEST(names_ipv6)
{
	set_ipv6("2001:db8::1", 0);
	expect("[2001:db8::1]:4711", "2001:db8::1");
}
END_TEST

/* A sandbox could not look up that 1 is "lo". */
START_TEST(names_the_zone_by_its_number)
{
	ck_assert_uint_eq(if_nametoindex("lo"), 1);
	set_ipv6("fe80::1", 1);
	expect("[fe80::1%1]:4711", "fe80::1%1");
}
END_TEST

START_TEST(takes_no_name_from_a_unix_peer)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&peer.address;

	local->sun_family = AF_UNIX;
	strcpy(local->sun_path, "/tmp/\033[31m\n");
	peer.length = sizeof(*local);
	expect("unix", "unix");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("peer");
	TCase *c = unit_case(suite, "name");

	tcase_add_test(c, names_ipv4);
	tcase_add_test(c, names_ipv6);
	tcase_add_test(c, names_the_zone_by_its_number);
	tcase_add_test(c, takes_no_name_from_a_unix_peer);
	return unit_main(suite);
}
