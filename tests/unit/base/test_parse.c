/*
 * Numbers and times as people write them.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "base/parse.h"
#include "unit.h"

START_TEST(counts)
{
	char largest[24];
	unsigned long n = 0;

	ck_assert_int_eq(parse_count("1", 1, 10, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(parse_count("10", 1, 10, &n), 0);
	ck_assert_uint_eq(n, 10);
	ck_assert_int_eq(parse_count("007", 1, 10, &n), 0);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(parse_count("0", 0, 10, &n), 0);
	ck_assert_uint_eq(n, 0);
	snprintf(largest, sizeof(largest), "%lu", ULONG_MAX);
	ck_assert_int_eq(parse_count(largest, 0, ULONG_MAX, &n), 0);
	ck_assert_uint_eq(n, ULONG_MAX);
}
END_TEST

START_TEST(refuses_what_is_no_count)
{
	static const char *const no_counts[] = {
	    "", " ", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "x", "1\n"};
	static const char *const out_of_range[] = {
	    "0", "11", "18446744073709551616", "99999999999999999999999"};
	unsigned long n = 42;

	for (size_t i = 0; i < sizeof(no_counts) / sizeof(no_counts[0]); i++) {
		errno = 0;
		ck_assert_int_eq(parse_count(no_counts[i], 1, 10, &n), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	for (size_t i = 0; i < sizeof(out_of_range) / sizeof(out_of_range[0]);
	     i++) {
		errno = 0;
		ck_assert_int_eq(parse_count(out_of_range[i], 1, 10, &n), -1);
		ck_assert_int_eq(errno, ERANGE);
	}
	ck_assert_uint_eq(n, 42); /* left alone */
}
END_TEST

START_TEST(seconds)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"0", 0},
	    {"2", 2000},
	    {"0.25", 250},
	    {"0.001", 1},
	    {"1.5", 1500},
	    {"1.05", 1050},
	    {"010", 10000},
	    {"86400", 86400000},
	    {"86400.000", 86400000},
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(
		    parse_seconds(cases[i].text, 0, 86400000, &ms) == 0, "%s",
		    cases[i].text);
		ck_assert_int_eq(ms, cases[i].ms);
	}
}
END_TEST

START_TEST(refuses_what_is_no_time)
{
	static const char *const no_times[] = {"", ".", " ", "-1", "+1", " 1",
	    "1 ", "1s", "x", "1.0001", "1.5.5", "1,5", "1e3", "inf", "nan"};
	static const char *const out_of_range[] = {
	    "0", "0.009", "10.001", "11", "99999999999999999999999999"};
	int64_t ms = 42;

	for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++) {
		errno = 0;
		ck_assert_msg(parse_seconds(no_times[i], 10, 10000, &ms) == -1,
		    "%s", no_times[i]);
		ck_assert_int_eq(errno, EINVAL);
	}
	for (size_t i = 0; i < sizeof(out_of_range) / sizeof(out_of_range[0]);
	     i++) {
		errno = 0;
		ck_assert_int_eq(
		    parse_seconds(out_of_range[i], 10, 10000, &ms), -1);
		ck_assert_int_eq(errno, ERANGE);
	}
	ck_assert_int_eq(ms, 42);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("parse");
	TCase *c = unit_case(suite, "parse");

	tcase_add_test(c, counts);
	tcase_add_test(c, refuses_what_is_no_count);
	tcase_add_test(c, seconds);
	tcase_add_test(c, refuses_what_is_no_time);
	return unit_main(suite);
}
