/*
 * Text from the network made safe to show, and dates as people read them.
 */
#include <string.h>

#include "base/date.h"
#include "base/printable.h"
#include "unit.h"

START_TEST(only_ascii_stays)
{
	char text[] = " ~\x1b[1m\x7f\xc3\xa9\n";

	printable(text);
	ck_assert_str_eq(text, " ~.[1m....");
}
END_TEST

START_TEST(a_copy_is_cut_where_it_does_not_fit)
{
	char text[5];

	printable_copy(text, sizeof(text), "a\0b", 3);
	ck_assert_str_eq(text, "a.b");
	printable_copy(text, sizeof(text), "abc\n", 4);
	ck_assert_str_eq(text, "abc.");
	printable_copy(text, sizeof(text), "abcd\n", 5);
	ck_assert_str_eq(text, "a...");
	printable_copy(text, sizeof(text), "", 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(what_is_cut_ends_in_dots)
{
	char text[] = "abcdef";

	printable_mark_cut(text, sizeof(text), 6);
	ck_assert_str_eq(text, "abcdef");
	printable_mark_cut(text, sizeof(text), 7);
	ck_assert_str_eq(text, "abc...");
	/* No room for them. */
	strcpy(text, "ab");
	printable_mark_cut(text, 3, 7);
	ck_assert_str_eq(text, "ab");
}
END_TEST

START_TEST(dates_are_utc)
{
	char text[DATE_TEXT_MAX];

	date_format(951782399, text);
	ck_assert_str_eq(text, "2000-02-28 23:59:59 UTC");
	date_format_day(951782400, text);
	ck_assert_str_eq(text, "2000-02-29");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("printable");
	TCase *c = unit_case(suite, "printable");

	tcase_add_test(c, only_ascii_stays);
	tcase_add_test(c, a_copy_is_cut_where_it_does_not_fit);
	tcase_add_test(c, what_is_cut_ends_in_dots);
	tcase_add_test(c, dates_are_utc);
	return unit_main(suite);
}
