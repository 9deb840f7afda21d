/*
 * Penalties for sources, and the rate of their connections: limits that depend
 * on time, which here is a number.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "listener/admission.h"
#include "unit.h"

#define S INT64_C(1000000000) /* a second of time */
#define MS INT64_C(1000)      /* the same, in milliseconds */
#define START (INT64_C(1000) * S)

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage storage = {.ss_family = AF_UNIX};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		storage.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		storage.ss_family = AF_INET6;
	return storage;
}

static struct admission *
with_penalties(int64_t min_ms)
{
	struct admission *l = admission_new(10, 10);

	ck_assert_int_eq(admission_set_penalties(l, min_ms, 600 * MS, NULL), 0);
	return l;
}

static struct admission *
with_rate(unsigned long per_second, unsigned long burst)
{
	struct admission *l = admission_new(10, 10);

	ck_assert_int_eq(admission_set_rate(l, per_second, burst), 0);
	return l;
}

static enum admission_verdict
arrive(struct admission *l, const char *who, int64_t now)
{
	struct sockaddr_storage storage = address(who);

	return admission_arrive(l, (struct sockaddr *)&storage, now);
}

static int64_t
penalise(struct admission *l, const char *who, int64_t ms, int64_t now)
{
	struct sockaddr_storage storage = address(who);

	return admission_penalise(l, (struct sockaddr *)&storage, ms, now);
}

static bool
is_refused(struct admission *l, const char *who, int64_t now)
{
	return arrive(l, who, now) == ADMISSION_PENALISED;
}

static bool
take(struct admission *l, const char *who, int64_t now)
{
	return arrive(l, who, now) == ADMISSION_ADMITTED;
}

START_TEST(one_failure_is_nothing_and_many_are_refused)
{
	struct admission *l = with_penalties(15 * MS);

	ck_assert(!is_refused(l, "192.0.2.1", START));
	ck_assert_int_eq(penalise(l, "192.0.2.1", 5 * MS, START), 0);
	ck_assert_int_eq(penalise(l, "192.0.2.1", 5 * MS, START), 0);
	ck_assert_int_eq(penalise(l, "192.0.2.1", 5 * MS, START), 0);
	ck_assert(!is_refused(l, "192.0.2.1", START)); /* 15 s is not over it */
	ck_assert_int_eq(penalise(l, "192.0.2.1", 1, START), 15 * MS + 1);
	ck_assert(is_refused(l, "192.0.2.1", START));
	ck_assert(!is_refused(l, "192.0.2.2", START));
	admission_free(l);
}
END_TEST

/* ... not only until it is below the minimum again. */
START_TEST(a_penalty_lasts_to_its_end)
{
	struct admission *l = with_penalties(15 * MS);

	ck_assert_int_eq(penalise(l, "192.0.2.1", 20 * MS, START), 20 * MS);
	ck_assert(is_refused(l, "192.0.2.1", START + 20 * S - 1));
	ck_assert(!is_refused(l, "192.0.2.1", START + 20 * S));
	/* And then begins from nothing. */
	ck_assert_int_eq(penalise(l, "192.0.2.1", 5 * MS, START + 20 * S), 0);
	ck_assert(!is_refused(l, "192.0.2.1", START + 20 * S));
	admission_free(l);
}
END_TEST

START_TEST(rare_failures_never_add_up)
{
	struct admission *l = with_penalties(15 * MS);

	for (int64_t i = 0; i < 1000; i++) {
		ck_assert_int_eq(
		    penalise(l, "192.0.2.1", 5 * MS, START + i * 5 * S), 0);
		ck_assert(!is_refused(l, "192.0.2.1", START + i * 5 * S));
	}
	admission_free(l);
}
END_TEST

START_TEST(a_penalty_has_a_maximum)
{
	struct admission *l = with_penalties(15 * MS);

	ck_assert_int_eq(penalise(l, "192.0.2.1", 90 * MS, START), 90 * MS);
	for (int i = 0; i < 100; i++) /* refused already: nothing new to say */
		ck_assert_int_eq(penalise(l, "192.0.2.1", 90 * MS, START), 0);
	ck_assert(is_refused(l, "192.0.2.1", START + 600 * S - 1));
	ck_assert(!is_refused(l, "192.0.2.1", START + 600 * S));
	ck_assert_int_eq(
	    penalise(l, "192.0.2.1", 1000 * MS, START + 600 * S), 600 * MS);
	admission_free(l);
}
END_TEST

START_TEST(a_penalty_of_nothing_is_none)
{
	struct admission *l = with_penalties(0);

	ck_assert_int_eq(penalise(l, "192.0.2.1", 0, START), 0);
	ck_assert(!is_refused(l, "192.0.2.1", START));
	ck_assert_int_eq(penalise(l, "unix", 90 * MS, START), 0);
	ck_assert(!is_refused(l, "unix", START));
	admission_free(l);
}
END_TEST

START_TEST(ipv6_is_penalised_by_its_64)
{
	struct admission *l = with_penalties(15 * MS);

	penalise(l, "2001:db8::1", 10 * MS, START);
	penalise(l, "2001:db8::ffff:2", 10 * MS, START);
	ck_assert(is_refused(l, "2001:db8::3", START));
	ck_assert(!is_refused(l, "2001:db8:0:1::1", START));
	penalise(l, "::ffff:192.0.2.1", 20 * MS, START);
	ck_assert(is_refused(l, "192.0.2.1", START));
	ck_assert(!is_refused(l, "192.0.2.2", START));
	admission_free(l);
}
END_TEST

START_TEST(a_burst_and_then_the_rate)
{
	struct admission *l = with_rate(10, 3);

	for (int i = 0; i < 3; i++)
		ck_assert(take(l, "192.0.2.1", START));
	ck_assert(!take(l, "192.0.2.1", START));
	ck_assert(take(l, "192.0.2.2", START)); /* has its own */
	ck_assert(!take(l, "192.0.2.1", START + S / 10 - 1));
	ck_assert(take(l, "192.0.2.1", START + S / 10));
	ck_assert(!take(l, "192.0.2.1", START + S / 10));
	/* Waiting long fills the bucket and no more. */
	for (int i = 0; i < 3; i++)
		ck_assert(take(l, "192.0.2.1", START + 100 * S));
	ck_assert(!take(l, "192.0.2.1", START + 100 * S));
	admission_free(l);
}
END_TEST

START_TEST(the_rate_is_kept_over_time)
{
	struct admission *l = with_rate(10, 5);
	int taken = 0;

	for (int64_t t = 0; t < 10 * S; t += S / 1000)
		taken += take(l, "192.0.2.1", START + t);
	ck_assert_int_eq(taken, 5 + 10 * 10 - 1); /* not yet that of 10 s */
	admission_free(l);
}
END_TEST

START_TEST(unix_sockets_have_no_rate)
{
	struct admission *l = with_rate(1, 1);

	ck_assert(take(l, "unix", START));
	ck_assert(take(l, "unix", START));
	admission_free(l);
}
END_TEST

START_TEST(admission_asks_for_neither_unless_told)
{
	struct admission *l = admission_new(10, 10);

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(
		    arrive(l, "192.0.2.1", START), ADMISSION_ADMITTED);
		ck_assert_int_eq(penalise(l, "192.0.2.1", 90 * MS, START), 0);
	}
	ck_assert_uint_eq(admission_count(l), 0);
	admission_free(l);
}
END_TEST

START_TEST(admission_applies_both)
{
	struct admission *l = admission_new(10, 10);

	ck_assert_int_eq(admission_set_rate(l, 1, 2), 0);
	ck_assert_int_eq(
	    admission_set_penalties(l, 15 * MS, 600 * MS, NULL), 0);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_ADMITTED);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_ADMITTED);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_TOO_FAST);
	ck_assert_int_eq(penalise(l, "192.0.2.1", 20 * MS, START), 20 * MS);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_PENALISED);
	ck_assert_int_eq(arrive(l, "192.0.2.2", START), ADMISSION_ADMITTED);
	ck_assert_int_eq(
	    arrive(l, "192.0.2.1", START + 20 * S), ADMISSION_ADMITTED);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(arrive(l, "unix", START), ADMISSION_ADMITTED);
	admission_free(l);
}
END_TEST

/* From penalties, not from the rate; and by its address, not by its /64. */
START_TEST(the_exempt_are_exempt)
{
	struct networks *exempt = networks_parse("192.0.2.0/24,2001:db8::1");
	struct admission *l = admission_new(10, 10);

	ck_assert_int_eq(admission_set_rate(l, 1, 1), 0);
	ck_assert_int_eq(admission_set_penalties(l, 0, 600 * MS, exempt), 0);
	ck_assert_int_eq(penalise(l, "192.0.2.1", 90 * MS, START), 0);
	ck_assert_int_eq(penalise(l, "::ffff:192.0.2.1", 90 * MS, START), 0);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_ADMITTED);
	ck_assert_int_eq(arrive(l, "192.0.2.1", START), ADMISSION_TOO_FAST);
	ck_assert_int_eq(penalise(l, "192.0.3.1", 90 * MS, START), 90 * MS);
	ck_assert_int_eq(arrive(l, "192.0.3.1", START), ADMISSION_PENALISED);
	ck_assert_int_eq(penalise(l, "2001:db8::2", 90 * MS, START), 90 * MS);
	ck_assert_int_eq(arrive(l, "2001:db8::3", START), ADMISSION_PENALISED);
	ck_assert_int_eq(arrive(l, "2001:db8::1", START), ADMISSION_ADMITTED);
	admission_free(l);
	networks_free(exempt);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("penalties");
	TCase *c = unit_case(suite, "penalties");

	tcase_add_test(c, one_failure_is_nothing_and_many_are_refused);
	tcase_add_test(c, a_penalty_lasts_to_its_end);
	tcase_add_test(c, rare_failures_never_add_up);
	tcase_add_test(c, a_penalty_has_a_maximum);
	tcase_add_test(c, a_penalty_of_nothing_is_none);
	tcase_add_test(c, ipv6_is_penalised_by_its_64);
	c = unit_case(suite, "rates");
	tcase_add_test(c, a_burst_and_then_the_rate);
	tcase_add_test(c, the_rate_is_kept_over_time);
	tcase_add_test(c, unix_sockets_have_no_rate);
	c = unit_case(suite, "admission");
	tcase_add_test(c, admission_asks_for_neither_unless_told);
	tcase_add_test(c, admission_applies_both);
	tcase_add_test(c, the_exempt_are_exempt);
	return unit_main(suite);
}
