/*
 * Ranges of the Monitoring Plugins guidelines.
 */
#include "report/range.h"

#include "unit.h"

/* The guidelines' own table of examples, and its edges. */
static const struct {
	const char *text;
	double value;
	bool alerts;
} examples[] = {
    {"10", -0.001, true},
    {"10", 0, false},
    {"10", 10, false},
    {"10", 10.001, true},
    {"10:", 9.999, true},
    {"10:", 10, false},
    {"10:", 1e9, false},
    {"~:10", -1e9, false},
    {"~:10", 10, false},
    {"~:10", 10.001, true},
    {"10:20", 9.999, true},
    {"10:20", 10, false},
    {"10:20", 20, false},
    {"10:20", 20.001, true},
    {"@10:20", 9.999, false},
    {"@10:20", 10, true},
    {"@10:20", 20, true},
    {"@10:20", 20.001, false},
    {":5", -1, true},
    {":5", 5, false},
    {"@5", 5, true},
    {"@5", 6, false},
    {"0.5", 0.6, true},
    {".5", 0.5, false},
    {"-10:-5", -7, false},
    {"-10:-5", 0, true},
    {"~:", 0, false},
};

START_TEST(alert_as_the_guidelines_say)
{
	struct range range;

	ck_assert(range_parse(examples[_i].text, &range));
	ck_assert_msg(
	    range_alerts(&range, examples[_i].value) == examples[_i].alerts,
	    "%s at %g", examples[_i].text, examples[_i].value);
}
END_TEST

static const char *const wrong[] = {"", "@", "~", "a", "1,5", "10:5", "5:a",
    "1:2:3", " 1", "1 ", "inf", "nan", "0x10", "1e3", "1.2.3", "-", ".", "@@1"};

START_TEST(wrong_ones_are_refused)
{
	struct range range = {.start = 1, .end = 2};

	ck_assert_msg(!range_parse(wrong[_i], &range), "%s", wrong[_i]);
	ck_assert(range.start == 1 && range.end == 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("range");
	TCase *c = unit_case(suite, "range");

	tcase_add_loop_test(c, alert_as_the_guidelines_say, 0,
	    sizeof(examples) / sizeof(examples[0]));
	tcase_add_loop_test(
	    c, wrong_ones_are_refused, 0, sizeof(wrong) / sizeof(wrong[0]));
	return unit_main(suite);
}
