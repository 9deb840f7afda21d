/*
 * TLSA records: as text and as in DNS.
 */
#include "client/tlsa.h"

#include <string.h>

#include "unit.h"

#define DIGEST \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct tlsa record;

START_TEST(text_there_and_back)
{
	char text[TLSA_TEXT_MAX];

	ck_assert_ptr_null(tlsa_parse("3 1 1 " DIGEST, &record));
	tlsa_format(&record, text, sizeof(text));
	ck_assert_str_eq(text, "3 1 1 " DIGEST);
	ck_assert_ptr_null(tlsa_parse("3 0 0 " DIGEST DIGEST DIGEST, &record));
	tlsa_format(&record, text, sizeof(text));
	ck_assert_uint_lt(strlen(text), sizeof(text));
	ck_assert_str_eq(text + strlen(text) - 3, "...");
	ck_assert_ptr_null(tlsa_parse("  3 1 1\t"
				      "00112233445566778899aabbccddeeff "
				      "00112233445566778899AABBCCDDEEFF ",
	    &record));
	ck_assert_uint_eq(record.size, 32);
}
END_TEST

static const char *const wrong[] = {"", "3", "3 1", "3 1 1", "3 1 1 ",
    "3 1 1 00",
    "3 1 2 "
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
    "ff",
    "4 1 1 "
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "3 2 1 "
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "3 1 3 00", "3 1 0 0", "3 1 0 0x", "31 1 0 00", "a 1 0 00", "3 1 0 00 g"};

START_TEST(text_that_is_wrong_is_said_to_be)
{
	ck_assert_msg(tlsa_parse(wrong[_i], &record) != NULL, "%s", wrong[_i]);
}
END_TEST

START_TEST(records_from_dns)
{
	uint8_t wire[TLSA_DATA_MAX + 4] = {3, 1, 1, 0xab};

	ck_assert(tlsa_from_wire(wire, 4, &record));
	ck_assert_uint_eq(record.size, 1);
	ck_assert_uint_eq(record.data[0], 0xab);
	ck_assert(tlsa_from_wire(wire, 3 + TLSA_DATA_MAX, &record));
	ck_assert(!tlsa_from_wire(wire, 4 + TLSA_DATA_MAX, &record));
	ck_assert(!tlsa_from_wire(wire, 2, &record));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tlsa");
	TCase *c = unit_case(suite, "tlsa");

	tcase_add_test(c, text_there_and_back);
	tcase_add_loop_test(c, text_that_is_wrong_is_said_to_be, 0,
	    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(c, records_from_dns);
	return unit_main(suite);
}
