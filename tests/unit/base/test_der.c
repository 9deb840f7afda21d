/*
 * DER, element by element.
 */
#include "base/der.h"

#include <string.h>

#include "unit.h"

static struct der
octets(const char *at, int size)
{
	return (struct der){(const unsigned char *)at, size};
}

START_TEST(takes_elements_one_after_the_other)
{
	struct der from = octets("\x02\x01\x05\x04\x02hi", 7), content;

	ck_assert_int_eq(der_take(&from, DER_INTEGER, &content), 0);
	ck_assert_int_eq(content.size, 1);
	ck_assert_int_eq(content.at[0], 5);
	ck_assert_int_eq(der_take(&from, DER_OCTET_STRING, &content), 0);
	ck_assert_int_eq(content.size, 2);
	ck_assert_mem_eq(content.at, "hi", 2);
	ck_assert_int_eq(from.size, 0);
	ck_assert_int_eq(der_take(&from, DER_OCTET_STRING, &content), -1);
}
END_TEST

START_TEST(takes_an_element_with_its_tag_and_length)
{
	struct der from = octets("\x30\x01\x07\x04\x00", 5), element;

	ck_assert_int_eq(der_take_whole(&from, DER_SEQUENCE, &element), 0);
	ck_assert_mem_eq(element.at, "\x30\x01\x07", 3);
	ck_assert_int_eq(element.size, 3);
	ck_assert_int_eq(from.size, 2);
	ck_assert_int_eq(der_take_whole(&from, DER_SEQUENCE, &element), -1);
	ck_assert_int_eq(from.size, 2);
}
END_TEST

START_TEST(needs_the_tag)
{
	struct der from = octets("\x02\x01\x05", 3);

	ck_assert_int_eq(der_take(&from, DER_SEQUENCE, NULL), -1);
	ck_assert_int_eq(from.size, 3);
	ck_assert_int_eq(der_take(&from, DER_INTEGER, NULL), 0);
}
END_TEST

START_TEST(takes_long_lengths)
{
	/* As Active Directory sends them. */
	struct der from = octets("\x30\x84\x00\x00\x00\x02\x05\x00", 8);
	struct der content;

	ck_assert_int_eq(der_take(&from, DER_SEQUENCE, &content), 0);
	ck_assert_int_eq(content.size, 2);
	ck_assert_int_eq(from.size, 0);
}
END_TEST

static const struct {
	const char *octets;
	int size;
} broken[] = {
    {"", 0}, {"\x30", 1}, {"\x30\x01", 2}, /* longer than there is */
    {"\x30\x82\x01", 3},                   /* no whole length */
    {"\x30\x82\x00", 3}, {"\x30\x82", 2},
    {"\x30\x84\x7f\xff\xff\xff\x00", 7}, /* far longer */
    {"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    {"\x30\x80\x00\x00", 4}, /* of no definite length */
};

START_TEST(refuses_lengths_that_lie)
{
	struct der from = octets(broken[_i].octets, broken[_i].size);

	ck_assert_int_eq(der_take(&from, DER_SEQUENCE, NULL), -1);
	ck_assert_int_eq(from.size, broken[_i].size);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("der");
	TCase *elements = unit_case(suite, "elements");

	tcase_add_test(elements, takes_elements_one_after_the_other);
	tcase_add_test(elements, takes_an_element_with_its_tag_and_length);
	tcase_add_test(elements, needs_the_tag);
	tcase_add_test(elements, takes_long_lengths);
	tcase_add_loop_test(elements, refuses_lengths_that_lie, 0,
	    sizeof(broken) / sizeof(broken[0]));
	return unit_main(suite);
}
