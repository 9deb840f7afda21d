/*
 * What sources owe: remembered, paid, and let off when the table is full.
 */
#include <stdlib.h>
#include <string.h>

#include "listener/debts.h"
#include "unit.h"

/* As source_of() makes it of 10.0.0.0 + n. */
static struct source
ipv4(unsigned int n)
{
	struct source s = {.known = true};

	s.octets[10] = s.octets[11] = 0xff;
	s.octets[12] = 10;
	s.octets[13] = (uint8_t)(n >> 16);
	s.octets[14] = (uint8_t)(n >> 8);
	s.octets[15] = (uint8_t)n;
	return s;
}

/* ... and of 2001:db8:n::/64. */
static struct source
ipv6(unsigned int n)
{
	struct source s = {
	    .octets = {0x20, 0x01, 0x0d, 0xb8},
	    .known = true,
	};

	s.octets[4] = (uint8_t)(n >> 8);
	s.octets[5] = (uint8_t)n;
	return s;
}

static void
owe(struct debts *d, struct source source, int64_t until)
{
	debts_set(d, &source, &(struct debt){.until = until});
}

static int64_t
owed(struct debts *d, struct source source, int64_t now)
{
	return debts_get(d, &source, now).until;
}

START_TEST(a_debt_is_kept_until_it_is_paid)
{
	struct debts *d = debts_new(4);
	struct source s = ipv4(1);

	ck_assert_int_eq(owed(d, s, 7), 7);
	debts_set(d, &s, &(struct debt){.until = 100, .marked = true});
	ck_assert_int_eq(owed(d, s, 99), 100);
	ck_assert(debts_get(d, &s, 99).marked);
	ck_assert_int_eq(owed(d, ipv4(2), 99), 99);
	ck_assert_uint_eq(debts_count(d, 99), 1);
	ck_assert_int_eq(owed(d, s, 100), 100); /* now */
	ck_assert(!debts_get(d, &s, 100).marked);
	ck_assert_uint_eq(debts_count(d, 100), 0);
	debts_free(d);
}
END_TEST

START_TEST(a_debt_can_grow_and_shrink)
{
	struct debts *d = debts_new(4);

	owe(d, ipv4(1), 10);
	owe(d, ipv4(2), 20);
	owe(d, ipv4(3), 30);
	owe(d, ipv4(1), 40);
	owe(d, ipv4(3), 15);
	ck_assert_uint_eq(debts_count(d, 14), 3);
	ck_assert_uint_eq(debts_count(d, 15), 2);
	ck_assert_int_eq(owed(d, ipv4(2), 15), 20);
	ck_assert_uint_eq(debts_count(d, 20), 1);
	ck_assert_int_eq(owed(d, ipv4(1), 20), 40);
	debts_free(d);
}
END_TEST

START_TEST(a_full_table_lets_off_who_would_pay_first)
{
	struct debts *d = debts_new(2);

	owe(d, ipv4(1), 100);
	owe(d, ipv4(2), 50);
	owe(d, ipv4(3), 70);
	ck_assert_uint_eq(debts_count(d, 0), 2);
	ck_assert_int_eq(owed(d, ipv4(2), 0), 0);
	ck_assert_int_eq(owed(d, ipv4(1), 0), 100);
	ck_assert_int_eq(owed(d, ipv4(3), 0), 70);
	owe(d, ipv4(4), 60); /* who is the newcomer itself */
	ck_assert_int_eq(owed(d, ipv4(4), 0), 0);
	ck_assert_int_eq(owed(d, ipv4(3), 0), 70);
	owe(d, ipv4(3), 200); /* is known already */
	ck_assert_int_eq(owed(d, ipv4(3), 0), 200);
	ck_assert_int_eq(owed(d, ipv4(1), 0), 100);
	debts_free(d);
}
END_TEST

START_TEST(ipv6_does_not_push_out_ipv4)
{
	struct debts *d = debts_new(2);

	owe(d, ipv4(1), 10);
	for (unsigned int i = 0; i < 100; i++)
		owe(d, ipv6(i), 1000 + i);
	ck_assert_int_eq(owed(d, ipv4(1), 0), 10);
	ck_assert_int_eq(owed(d, ipv6(97), 0), 0);
	ck_assert_int_eq(owed(d, ipv6(98), 0), 1098);
	ck_assert_int_eq(owed(d, ipv6(99), 0), 1099);
	ck_assert_uint_eq(debts_count(d, 0), 3);
	debts_free(d);
}
END_TEST

/* Against a plain array, in whatever order they come. */
START_TEST(many_come_and_go_in_any_order)
{
	enum { SOURCES = 300 };
	struct debts *d = debts_new(SOURCES);
	int64_t until[SOURCES] = {0};

	srand(4); /* the same every time */
	for (int64_t now = 1; now < 5000; now++) {
		unsigned int who = (unsigned int)rand() % SOURCES;
		size_t count = 0;

		ck_assert_int_eq(owed(d, ipv4(who), now),
		    until[who] > now ? until[who] : now);
		until[who] = now + 1 + rand() % 1000;
		owe(d, ipv4(who), until[who]);
		for (size_t i = 0; i < SOURCES; i++)
			count += until[i] > now;
		ck_assert_uint_eq(debts_count(d, now), count);
	}
	debts_free(d);
}
END_TEST

START_TEST(free_takes_null)
{
	debts_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("debts");
	TCase *c = unit_case(suite, "debts");

	tcase_add_test(c, a_debt_is_kept_until_it_is_paid);
	tcase_add_test(c, a_debt_can_grow_and_shrink);
	tcase_add_test(c, a_full_table_lets_off_who_would_pay_first);
	tcase_add_test(c, ipv6_does_not_push_out_ipv4);
	tcase_add_test(c, many_come_and_go_in_any_order);
	tcase_add_test(c, free_takes_null);
	return unit_main(suite);
}
