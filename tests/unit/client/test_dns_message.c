/*
 * Answers of DNS: aliases followed, TLSA records taken, and the malformed.
 */
#include "client/dns_message.h"

#include <arpa/nameser.h>
#include <string.h>

#include "unit.h"

static uint8_t message[1024];
static size_t size;
static char name[DNS_NAME_MAX];
static struct tlsa records[4];

/* Begins an answer without a question. */
static void
set_up(void)
{
	memset(message, 0, sizeof(message));
	message[2] = 0x84; /* an answer */
	size = NS_HFIXEDSZ;
	strcpy(name, "one.test");
}

/* Appends a name in wire format, without compression. */
static void
add_name(const char *text)
{
	ck_assert_int_ne(ns_name_pton(text, message + size, 256), -1);
	while (message[size] != 0)
		size += message[size] + 1U;
	size++;
}

static void
add_number(unsigned int number)
{
	ns_put16((uint16_t)number, message + size);
	size += 2;
}

/* Appends the head of a record of the answer. */
static void
add_head(const char *owner, ns_type type)
{
	message[7]++;
	add_name(owner);
	add_number(type);
	add_number(ns_c_in);
	add_number(0);
	add_number(60);
}

static void
add_alias(const char *owner, const char *target)
{
	size_t length;

	add_head(owner, ns_t_cname);
	length = size;
	size += 2;
	add_name(target);
	ns_put16((uint16_t)(size - length - 2), message + length);
}

static void
add_record(const char *owner, const char *data, size_t length)
{
	add_head(owner, ns_t_tlsa);
	add_number((unsigned int)length);
	memcpy(message + size, data, length);
	size += length;
}

START_TEST(a_name_without_an_alias_stays)
{
	add_alias("two.test", "three.test");
	ck_assert(dns_message_follow(message, size, name));
	ck_assert_str_eq(name, "one.test");
}
END_TEST

/* In any order, and in any case. */
START_TEST(aliases_are_followed_to_the_last)
{
	add_alias("two.test", "three.test");
	add_alias("ONE.test", "Two.test");
	ck_assert(dns_message_follow(message, size, name));
	ck_assert_str_eq(name, "three.test");
}
END_TEST

START_TEST(aliases_in_a_circle_are_refused)
{
	add_alias("one.test", "two.test");
	add_alias("two.test", "one.test");
	ck_assert(!dns_message_follow(message, size, name));
}
END_TEST

START_TEST(records_are_taken_whatever_is_beside_them)
{
	add_alias("one.test", "two.test");
	add_record("two.test", "\3\1\1\xaa\xbb", 5);
	add_record("two.test", "\3", 1);
	add_record("two.test", "\2\0\2\xcc", 4);
	ck_assert_int_eq(dns_message_records(message, size, records, 4), 2);
	ck_assert_uint_eq(records[0].usage, TLSA_DANE_EE);
	ck_assert_uint_eq(records[0].size, 2);
	ck_assert_uint_eq(records[1].usage, TLSA_DANE_TA);
	ck_assert_uint_eq(records[1].data[0], 0xcc);
	ck_assert_int_eq(dns_message_records(message, size, records, 1), 1);
}
END_TEST

START_TEST(no_records_are_none)
{
	ck_assert_int_eq(dns_message_records(message, size, records, 4), 0);
}
END_TEST

START_TEST(what_is_cut_short_is_malformed)
{
	add_alias("one.test", "two.test");
	add_record("two.test", "\3\1\1\xaa\xbb", 5);
	for (size_t cut = 0; cut < size; cut++) {
		strcpy(name, "one.test");
		ck_assert(!dns_message_follow(message, cut, name));
		ck_assert_int_eq(
		    dns_message_records(message, cut, records, 4), -1);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dns_message");
	TCase *c = unit_case(suite, "dns_message");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, a_name_without_an_alias_stays);
	tcase_add_test(c, aliases_are_followed_to_the_last);
	tcase_add_test(c, aliases_in_a_circle_are_refused);
	tcase_add_test(c, records_are_taken_whatever_is_beside_them);
	tcase_add_test(c, no_records_are_none);
	tcase_add_test(c, what_is_cut_short_is_malformed);
	return unit_main(suite);
}
