/*
 * Targets as people write them, and the names in them.
 */
#include <string.h>

#include "client/target.h"
#include "unit.h"

static struct target t;
static struct host_name h;

static const struct {
	const char *text, *service, *host, *name;
	unsigned int port;
} targets[] = {
    {"host", "pingtls", "host", "host", 10001},
    {"host:1", "pingtls", "host", "host", 1},
    {"192.0.2.1:7", "pingtls", "192.0.2.1", "192.0.2.1", 7},
    {"[2001:db8::1]:7", "pingtls", "2001:db8::1", "2001:db8::1", 7},
    {"2001:DB8:0::1", "pingtls", "2001:db8::1", "2001:db8::1", 10001},
    {"fe80::1%lo", "pingtls", "fe80::1%lo", "fe80::1", 10001},
    {"smtp://mx.example.net", "smtp", "mx.example.net", "mx.example.net", 25},
    {"IMAPS://a.example.", "imaps", "a.example.", "a.example", 993},
    {"postgresql://db:1", "postgres", "db", "db", 1},
    /* The name that the output has for our own protocol. */
    {"pingtls://host", "pingtls", "host", "host", 10001},
    {"PingTLS://[::1]:7", "pingtls", "::1", "::1", 7},
    {"tls://[::1]:443", "tls", "::1", "::1", 443},
    /* Whatever the C library takes as a number is an address. */
    {"127.1", "pingtls", "127.0.0.1", "127.0.0.1", 10001},
    {"2130706433", "pingtls", "127.0.0.1", "127.0.0.1", 10001},
    {"0x7f000001:2", "pingtls", "127.0.0.1", "127.0.0.1", 2},
    {"b\303\274cher.example", "pingtls", "xn--bcher-kva.example",
	"xn--bcher-kva.example", 10001},
};

START_TEST(takes_what_people_write)
{
	static const struct target_defaults none = {.port = 0};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		const char *fault = target_parse(targets[i].text, &none, &t);

		ck_assert_msg(fault == NULL, "%s: %s", targets[i].text, fault);
		ck_assert_str_eq(t.text, targets[i].text);
		ck_assert_str_eq(target_service_name(&t), targets[i].service);
		ck_assert_str_eq(t.host.host, targets[i].host);
		ck_assert_str_eq(t.host.name, targets[i].name);
		ck_assert_uint_eq(t.port, targets[i].port);
	}
}
END_TEST

START_TEST(has_defaults_of_the_command_line)
{
	const struct target_defaults defaults = {
	    .service = service_find("imap"),
	    .port = 1143,
	};
	const struct target_defaults portless = {
	    .service = service_find("imap")};

	ck_assert_ptr_null(target_parse("host", &defaults, &t));
	ck_assert_str_eq(target_service_name(&t), "imap");
	ck_assert_uint_eq(t.port, 1143);
	ck_assert_ptr_null(target_parse("pop3://host", &portless, &t));
	ck_assert_str_eq(target_service_name(&t), "pop3");
	ck_assert_uint_eq(t.port, 110);
	ck_assert_ptr_null(target_parse("pingtls://host", &portless, &t));
	ck_assert_str_eq(target_service_name(&t), "pingtls");
	ck_assert_uint_eq(t.port, 10001);
}
END_TEST

START_TEST(takes_brackets_for_ipv6_addresses_only)
{
	static const char *const wrong[] = {"[localhost]", "[localhost]:25",
	    "smtp://[localhost]:25", "[127.0.0.1]:25"};
	static const struct target_defaults none = {.port = 0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_str_eq(target_parse(wrong[i], &none, &t),
		    "brackets are for IPv6 addresses only");
}
END_TEST

START_TEST(refuses_what_it_cannot_mean)
{
	static const char *const wrong[] = {"", ":1", "host:", "[::1", "[]:1",
	    "host:65536", "host:0", "host:ssh", "nosuch://host", "http://a/b",
	    "smtp://me@host", "smtp://host?x", "smtp://", "tls://host", "a b",
	    "a..b", ".a", "fe80::1", "a\nb", "a\001"};
	static const struct target_defaults none = {.port = 0};
	char longest[300];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(target_parse(wrong[i], &none, &t) != NULL,
		    "%s is taken", wrong[i]);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_ptr_nonnull(target_parse(longest, &none, &t));
}
END_TEST

START_TEST(knows_names_from_addresses)
{
	ck_assert_ptr_null(host_name_parse("[::1]", &h));
	ck_assert(h.is_address);
	ck_assert_uint_eq(h.address_size, 16);
	ck_assert_ptr_null(host_name_parse("::1%lo", &h));
	ck_assert_str_eq(h.name, "::1");
	ck_assert_ptr_null(host_name_parse("fe80::1", &h));
	ck_assert_str_eq(h.name, "fe80::1");
	ck_assert_ptr_null(host_name_parse("127.1", &h));
	ck_assert(h.is_address);
	ck_assert_mem_eq(h.address, "\177\0\0\1", 4);
	ck_assert_ptr_null(host_name_parse("localhost.", &h));
	ck_assert(!h.is_address);
	ck_assert_str_eq(h.name, "localhost");
	ck_assert_str_eq(h.host, "localhost.");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("target");
	TCase *c = unit_case(suite, "target");

	tcase_add_test(c, takes_what_people_write);
	tcase_add_test(c, has_defaults_of_the_command_line);
	tcase_add_test(c, takes_brackets_for_ipv6_addresses_only);
	tcase_add_test(c, refuses_what_it_cannot_mean);
	tcase_add_test(c, knows_names_from_addresses);
	return unit_main(suite);
}
