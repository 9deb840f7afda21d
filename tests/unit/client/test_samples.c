/*
 * Samples: the figures as ping(8) has them, and exact percentiles.
 */
#include "client/samples.h"
#include "unit.h"

START_TEST(has_the_figures_of_ping)
{
	struct samples s = {.kept = NULL};

	ck_assert_double_eq(times_mean(&s.times), 0);
	ck_assert_double_eq(times_deviation(&s.times), 0);
	for (int64_t ns = 1; ns <= 4; ns++)
		samples_add(&s, ns);
	ck_assert_uint_eq(s.times.count, 4);
	ck_assert_int_eq(s.times.min, 1);
	ck_assert_int_eq(s.times.max, 4);
	ck_assert_double_eq(times_mean(&s.times), 2.5);
	/* The population's: the root of 1.25. */
	ck_assert_double_eq_tol(times_deviation(&s.times), 1.118034, 1e-6);
	samples_clear(&s);
	ck_assert_uint_eq(s.times.count, 0);
}
END_TEST

/* `count` of them, the longest first; each is its rank. */
static struct samples
descending(int64_t count)
{
	struct samples s = {.kept = NULL};

	for (int64_t ns = count; ns > 0; ns--)
		samples_add(&s, ns);
	return s;
}

START_TEST(has_percentiles_by_nearest_rank)
{
	struct samples s = descending(200);
	int64_t ns;

	ck_assert(samples_percentile(&s, 50, &ns));
	ck_assert_int_eq(ns, 100);
	ck_assert(samples_percentile(&s, 90, &ns));
	ck_assert_int_eq(ns, 180);
	ck_assert(samples_percentile(&s, 99, &ns));
	ck_assert_int_eq(ns, 198);
	samples_clear(&s);
	/* Ranks between two whole numbers are the higher one. */
	s = descending(101);
	ck_assert(samples_percentile(&s, 99, &ns));
	ck_assert_int_eq(ns, 100);
	samples_clear(&s);
}
END_TEST

START_TEST(does_not_guess_from_few)
{
	static const struct {
		unsigned int percent;
		int64_t least;
	} rules[] = {{50, 2}, {90, 10}, {99, 100}};
	int64_t ns;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct samples few = descending(rules[i].least - 1),
			       enough = descending(rules[i].least);

		ck_assert(!samples_percentile(&few, rules[i].percent, &ns));
		ck_assert(samples_percentile(&enough, rules[i].percent, &ns));
		samples_clear(&few);
		samples_clear(&enough);
	}
}
END_TEST

START_TEST(keeps_no_more_than_it_says)
{
	struct samples s = descending(SAMPLES_KEPT_MAX);
	int64_t ns;

	ck_assert(samples_percentile(&s, 99, &ns));
	samples_add(&s, 0);
	ck_assert(!samples_percentile(&s, 99, &ns));
	ck_assert_uint_eq(s.times.count, SAMPLES_KEPT_MAX + 1);
	ck_assert_int_eq(s.times.min, 0);
	samples_clear(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("samples");
	TCase *c = unit_case(suite, "samples");

	tcase_add_test(c, has_the_figures_of_ping);
	tcase_add_test(c, has_percentiles_by_nearest_rank);
	tcase_add_test(c, does_not_guess_from_few);
	tcase_add_test(c, keeps_no_more_than_it_says);
	return unit_main(suite);
}
