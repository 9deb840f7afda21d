/*
 * Limits on sessions: in all, and from one source.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "listener/admission.h"
#include "unit.h"

static struct source_prefix prefix;

static void
set_up(void)
{
	prefix = (struct source_prefix){SOURCE_IPV4_MOST, SOURCE_IPV6_MOST};
}

static struct source
ipv4(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	ck_assert_int_eq(inet_pton(AF_INET, text, &address.sin_addr), 1);
	return source_of((struct sockaddr *)&address, &prefix);
}

static struct source
ipv6(const char *text)
{
	struct sockaddr_in6 address = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(1),
	};

	ck_assert_int_eq(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
	return source_of((struct sockaddr *)&address, &prefix);
}

static struct source
local(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	return source_of((struct sockaddr *)&address, &prefix);
}

static enum admission_verdict
admit(struct admission *l, struct source source)
{
	return admission_admit(l, &source);
}

static void
release(struct admission *l, struct source source)
{
	admission_release(l, &source);
}

START_TEST(so_many_in_all)
{
	struct admission *l = admission_new(2, 10);

	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, ipv4("192.0.2.2")), ADMISSION_ADMITTED);
	ck_assert_uint_eq(admission_count(l), 2);
	ck_assert_int_eq(admit(l, ipv4("192.0.2.3")), ADMISSION_TOO_MANY);
	ck_assert_int_eq(admit(l, local()), ADMISSION_TOO_MANY);
	ck_assert_uint_eq(admission_count(l), 2);
	release(l, ipv4("192.0.2.1"));
	ck_assert_uint_eq(admission_count(l), 1);
	ck_assert_int_eq(admit(l, ipv4("192.0.2.3")), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

START_TEST(so_many_from_a_source)
{
	struct admission *l = admission_new(100, 2);

	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(
	    admit(l, ipv4("192.0.2.1")), ADMISSION_TOO_MANY_FROM_SOURCE);
	ck_assert_uint_eq(admission_count(l), 2);
	ck_assert_int_eq(admit(l, ipv4("192.0.2.2")), ADMISSION_ADMITTED);
	release(l, ipv4("192.0.2.1"));
	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(
	    admit(l, ipv4("192.0.2.1")), ADMISSION_TOO_MANY_FROM_SOURCE);
	admission_free(l);
}
END_TEST

/* One who has a /64 has 2^64 addresses. */
START_TEST(an_ipv6_source_is_its_64)
{
	struct admission *l = admission_new(100, 2);

	ck_assert_int_eq(admit(l, ipv6("2001:db8::1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, ipv6("2001:db8::ffff:ffff:ffff:ffff")),
	    ADMISSION_ADMITTED);
	ck_assert_int_eq(
	    admit(l, ipv6("2001:db8::2")), ADMISSION_TOO_MANY_FROM_SOURCE);
	ck_assert_int_eq(admit(l, ipv6("2001:db8:0:1::1")), ADMISSION_ADMITTED);
	release(l, ipv6("2001:db8::3"));
	ck_assert_int_eq(admit(l, ipv6("2001:db8::4")), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

/* Sources of this size: the first two are one, the third is another. */
static void
expect_same(const char *a, const char *b, const char *other)
{
	const bool is_ipv4 = strchr(a, ':') == NULL;
	struct source (*source)(const char *) = is_ipv4 ? ipv4 : ipv6;
	struct source first = source(a), second = source(b),
		      third = source(other);

	ck_assert_int_eq(source_compare(&first, &second), 0);
	ck_assert_int_ne(source_compare(&first, &third), 0);
}

START_TEST(a_source_may_be_a_wider_network)
{
	prefix = (struct source_prefix){24, 48};
	expect_same("192.0.2.1", "192.0.2.255", "192.0.3.1");
	expect_same("2001:db8:1:2::3", "2001:db8:1:ffff::", "2001:db8:2::");
	prefix = (struct source_prefix){20, 56};
	expect_same("10.1.16.1", "10.1.31.255", "10.1.32.1");
	expect_same(
	    "2001:db8:1:200::", "2001:db8:1:2ff::1", "2001:db8:1:300::");
	prefix = (struct source_prefix){9, 29};
	expect_same("10.0.0.1", "10.127.255.255", "10.128.0.0");
	expect_same("2001:db8::", "2001:dbf:ffff::1", "2001:dc0::");
}
END_TEST

START_TEST(heeds_the_prefix_it_was_told)
{
	struct admission *l = admission_new(100, 1);
	struct sockaddr_in6 address = {.sin6_family = AF_INET6};
	struct source source;

	prefix.ipv6 = 48;
	admission_set_prefix(l, &prefix);
	ck_assert_int_eq(
	    inet_pton(AF_INET6, "2001:db8:1:2::3", &address.sin6_addr), 1);
	source = admission_source(l, (struct sockaddr *)&address);
	ck_assert_int_eq(admit(l, source), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, ipv6("2001:db8:1:ffff::")),
	    ADMISSION_TOO_MANY_FROM_SOURCE);
	ck_assert_int_eq(admit(l, ipv6("2001:db8:2::")), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

START_TEST(mapped_ipv4_is_ipv4)
{
	struct admission *l = admission_new(100, 1);

	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	ck_assert_int_eq(
	    admit(l, ipv6("::ffff:192.0.2.1")), ADMISSION_TOO_MANY_FROM_SOURCE);
	/* All that is mapped shares a /64, and is not one source. */
	ck_assert_int_eq(
	    admit(l, ipv6("::ffff:192.0.2.2")), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, ipv6("::1")), ADMISSION_ADMITTED);
	release(l, ipv6("::ffff:192.0.2.1"));
	ck_assert_int_eq(admit(l, ipv4("192.0.2.1")), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

START_TEST(a_unix_socket_has_no_source)
{
	struct admission *l = admission_new(5, 1);

	ck_assert(!local().known);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(admit(l, local()), ADMISSION_ADMITTED);
	ck_assert_int_eq(admit(l, local()), ADMISSION_TOO_MANY);
	release(l, local());
	ck_assert_uint_eq(admission_count(l), 4);
	ck_assert_int_eq(admit(l, local()), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

START_TEST(many_sources_come_and_go)
{
	struct admission *l = admission_new(100000, 1);
	char text[32];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2000; i++) {
			snprintf(
			    text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
			ck_assert_int_eq(
			    admit(l, ipv4(text)), ADMISSION_ADMITTED);
		}
		ck_assert_uint_eq(admission_count(l), 2000);
		for (int i = 1999; i >= 0; i--) {
			snprintf(
			    text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
			ck_assert_int_eq(admit(l, ipv4(text)),
			    ADMISSION_TOO_MANY_FROM_SOURCE);
			release(l, ipv4(text));
		}
		ck_assert_uint_eq(admission_count(l), 0);
	}
	admission_free(l);
}
END_TEST

START_TEST(free_takes_null)
{
	admission_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admission");
	TCase *c = unit_case(suite, "admission");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, so_many_in_all);
	tcase_add_test(c, so_many_from_a_source);
	tcase_add_test(c, an_ipv6_source_is_its_64);
	tcase_add_test(c, a_source_may_be_a_wider_network);
	tcase_add_test(c, heeds_the_prefix_it_was_told);
	tcase_add_test(c, mapped_ipv4_is_ipv4);
	tcase_add_test(c, a_unix_socket_has_no_source);
	tcase_add_test(c, many_sources_come_and_go);
	tcase_add_test(c, free_takes_null);
	return unit_main(suite);
}
