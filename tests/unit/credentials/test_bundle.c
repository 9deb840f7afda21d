/*
 * Bundles: what comes out is what went in, and what is no bundle is refused.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "credentials/bundle.h"
#include "credentials/tickets.h"
#include "unit.h"

static struct bundle_buffer buffer;
static struct bundle bundle;
static unsigned char octets[BUNDLE_MAX];

static void
set_up(void)
{
	ck_assert_int_eq(bundle_buffer_new(&buffer), 0);
}

static void
tear_down(void)
{
	bundle_buffer_free(&buffer);
}

static int
append_sized(enum bundle_kind kind, int fill, unsigned int size)
{
	const gnutls_datum_t record = {octets, size};

	memset(octets, fill, size);
	return bundle_append(&buffer, kind, &record);
}

/* The size of each record is that of a ticket key. */
static void
append(enum bundle_kind kind, int fill)
{
	ck_assert_int_eq(append_sized(kind, fill, TICKETS_KEY_SIZE), 0);
}

static int
parse(void)
{
	errno = 0;
	return bundle_parse(&bundle, buffer.octets, buffer.size);
}

static void
expect_record(const gnutls_datum_t *record, int fill)
{
	memset(octets, fill, TICKETS_KEY_SIZE);
	ck_assert_uint_eq(record->size, TICKETS_KEY_SIZE);
	ck_assert_mem_eq(record->data, octets, TICKETS_KEY_SIZE);
}

START_TEST(what_went_in_comes_out)
{
	append(BUNDLE_LEAF, 'a');
	append(BUNDLE_ISSUER, 'b');
	append(BUNDLE_ISSUER, 'c');
	append(BUNDLE_OCSP, 'd');
	append(BUNDLE_LEAF, 'e');
	append(BUNDLE_AUTHORITY, 'f');
	append(BUNDLE_AUTHORITY, 'g');
	append(BUNDLE_TICKET_KEY, 'h');
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(bundle.count, 2);
	ck_assert_uint_eq(bundle.pairs[0].length, 3);
	for (int i = 0; i < 3; i++)
		expect_record(&bundle.pairs[0].chain[i], 'a' + i);
	expect_record(&bundle.pairs[0].ocsp, 'd');
	ck_assert_uint_eq(bundle.pairs[1].length, 1);
	expect_record(&bundle.pairs[1].chain[0], 'e');
	ck_assert_uint_eq(bundle.pairs[1].ocsp.size, 0);
	ck_assert_uint_eq(bundle.authority_count, 2);
	expect_record(&bundle.authorities[1], 'g');
	expect_record(&bundle.ticket_key, 'h');
}
END_TEST

START_TEST(one_pair_is_enough)
{
	append(BUNDLE_LEAF, 'a');
	ck_assert_int_eq(parse(), 0);
	ck_assert_uint_eq(bundle.count, 1);
	ck_assert_uint_eq(bundle.authority_count, 0);
	ck_assert_uint_eq(bundle.ticket_key.size, 0);
}
END_TEST

/* Records in the order of the letters, the last of which may not be there. */
static const char *const wrong_orders[] = {
    "", /* nothing */
    "I",
    "O",
    "A",
    "T",
    "X", /* no pair before it */
    "LOI",
    "LOO",
    "LAI",
    "LAO",
    "LAL",
    "LTL",
    "LTA",
    "LTI",
    "LTT",
    "LX",
    "LZ",
};
#define WRONG_ORDERS ((int)(sizeof(wrong_orders) / sizeof(wrong_orders[0])))

START_TEST(records_out_of_order_are_refused)
{
	static const char letters[] = "ZLIOATX"; /* by their kinds */
	const char *order = wrong_orders[_i];

	for (; *order != '\0'; order++)
		append((enum bundle_kind)(strchr(letters, *order) - letters),
		    *order);
	ck_assert_int_eq(parse(), -1);
	ck_assert_int_eq(errno, EBADMSG);
}
END_TEST

START_TEST(whatever_is_cut_off_is_refused)
{
	append(BUNDLE_LEAF, 'a');
	append(BUNDLE_ISSUER, 'b');
	for (size_t size = 0; size < buffer.size; size++)
		/* The first record is a bundle by itself. */
		ck_assert_int_eq(bundle_parse(&bundle, buffer.octets, size),
		    size == buffer.size / 2 ? 0 : -1);
}
END_TEST

START_TEST(sizes_that_are_wrong_are_refused)
{
	uint32_t size = UINT32_MAX;

	append(BUNDLE_LEAF, 'a');
	memcpy(buffer.octets + sizeof(uint32_t), &size, sizeof(size));
	ck_assert_int_eq(parse(), -1);

	buffer.size = 0;
	ck_assert_int_eq(append_sized(BUNDLE_LEAF, 'a', 0), 0);
	ck_assert_int_eq(parse(), -1);

	buffer.size = 0;
	append(BUNDLE_LEAF, 'a');
	append_sized(BUNDLE_TICKET_KEY, 'b', TICKETS_KEY_SIZE - 1);
	ck_assert_int_eq(parse(), -1);
}
END_TEST

/* Pairs, certificates of a chain and authorities: as many as there may be, and
 * one more. */
static const struct {
	enum bundle_kind kind;
	unsigned int most;
} counts[] = {
    {BUNDLE_LEAF, KEYHOLDER_KEYS_MAX},
    {BUNDLE_ISSUER, BUNDLE_CHAIN_MAX - 1},
    {BUNDLE_AUTHORITY, BUNDLE_AUTHORITIES_MAX},
};

START_TEST(too_many_are_refused)
{
	unsigned int i = 0;

	if (counts[_i].kind != BUNDLE_LEAF)
		append(BUNDLE_LEAF, 'a');
	for (; i < counts[_i].most; i++)
		append(counts[_i].kind, 'b');
	ck_assert_int_eq(parse(), 0);
	append(counts[_i].kind, 'c');
	ck_assert_int_eq(parse(), -1);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	unsigned int half = BUNDLE_MAX / 2;

	ck_assert_int_eq(append_sized(BUNDLE_LEAF, 'a', half), 0);
	ck_assert_int_eq(append_sized(BUNDLE_ISSUER, 'b', half), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(append_sized(BUNDLE_ISSUER, 'b', half - 16), 0);
	ck_assert_uint_eq(buffer.size, BUNDLE_MAX);
	ck_assert_int_eq(append_sized(BUNDLE_ISSUER, 'c', 1), -1);
	ck_assert_int_eq(parse(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bundle");
	TCase *c = unit_case(suite, "bundle");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, what_went_in_comes_out);
	tcase_add_test(c, one_pair_is_enough);
	tcase_add_loop_test(
	    c, records_out_of_order_are_refused, 0, WRONG_ORDERS);
	tcase_add_test(c, whatever_is_cut_off_is_refused);
	tcase_add_test(c, sizes_that_are_wrong_are_refused);
	tcase_add_loop_test(c, too_many_are_refused, 0, 3);
	tcase_add_test(c, no_more_than_there_is_room_for);
	return unit_main(suite);
}
