/*
 * A conversation as a monitoring plugin's line.
 */
#include "report/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define NOW INT64_C(1790000000)
#define DAY INT64_C(86400)

static struct outcome o;
static struct plugin_thresholds t;
static char *line;
static size_t size;

static void
set_up(void)
{
	outcome_init(&o);
	o.at = NOW * 1000000000;
	strcpy(o.service, "smtp");
	strcpy(o.host, "mx.example.net");
	o.port = 25;
	o.ok = true;
	strcpy(o.tls.version, "TLS1.3");
	o.phase_ns[OUTCOME_TOTAL] = 108629000;
	o.phase_ns[OUTCOME_TLS] = 41300000;
	o.certificate.seen = true;
	o.certificate.not_after = NOW + 61 * DAY + 60;
	t = (struct plugin_thresholds){
	    .warning = {.text = ""},
	    .critical = {.text = ""},
	    .warning_days = -1,
	    .critical_days = -1,
	    .timeout_ms = 10000,
	};
}

static void
tear_down(void)
{
	free(line);
	line = NULL;
}

/* Prints the line to `line`. */
static enum plugin_status
print(void)
{
	enum plugin_status status;
	FILE *f;

	free(line);
	f = open_memstream(&line, &size);
	ck_assert_ptr_nonnull(f);
	status = plugin_print(f, &o, &t);
	fclose(f);
	ck_assert_uint_eq(unit_lines(line), 1);
	return status;
}

static void
set_range(struct plugin_range *r, const char *text)
{
	r->text = text;
	ck_assert(range_parse(text, &r->range));
}

START_TEST(all_is_well)
{
	set_range(&t.warning, "1");
	set_range(&t.critical, "3");
	t.warning_days = 30;
	t.critical_days = 7;
	ck_assert_int_eq(print(), PLUGIN_OK);
	ck_assert_str_eq(line,
	    "STARTTLS OK - smtp mx.example.net:25 TLS1.3 verified, 61 days "
	    "left, 0.109 s|time=0.108629s;1;3;0;10 tls=0.041300s;;;0 "
	    "days=61;30:;7:\n");
}
END_TEST

START_TEST(days_that_are_few)
{
	t.warning_days = 62;
	ck_assert_int_eq(print(), PLUGIN_WARNING);
	t.critical_days = 62;
	ck_assert_int_eq(print(), PLUGIN_CRITICAL);
	t.warning_days = t.critical_days = 61;
	ck_assert_int_eq(print(), PLUGIN_OK);
}
END_TEST

START_TEST(an_issuer_that_ends_first)
{
	o.certificate.chain_not_after = NOW + 5 * DAY;
	t.critical_days = 7;
	ck_assert_int_eq(print(), PLUGIN_CRITICAL);
	ck_assert_ptr_nonnull(strstr(line, " 5 days left"));
}
END_TEST

START_TEST(it_took_too_long)
{
	set_range(&t.warning, "0.1");
	ck_assert_int_eq(print(), PLUGIN_WARNING);
	set_range(&t.critical, "@0:0.2");
	ck_assert_int_eq(print(), PLUGIN_CRITICAL);
}
END_TEST

/* A monitor that takes a failure for less is fooled. */
START_TEST(every_failure_is_critical_unless_it_is_our_own)
{
	bool ours = _i == REASON_NONE || _i == REASON_INTERRUPTED ||
	            _i == REASON_SYSTEM;

	o.ok = false;
	o.reason = (enum reason)_i;
	strcpy(o.message, "a|b");
	ck_assert_int_eq(print(), ours ? PLUGIN_UNKNOWN : PLUGIN_CRITICAL);
	ck_assert_ptr_nonnull(strstr(line, " - smtp mx.example.net:25 a/b|"));
	ck_assert_ptr_eq(strchr(line, '|'), strrchr(line, '|'));
}
END_TEST

START_TEST(a_failure_without_a_message)
{
	o.ok = false;
	o.reason = REASON_TIMEOUT;
	o.starttls.mode = OUTCOME_IMPLICIT_MODE;
	ck_assert_int_eq(print(), PLUGIN_CRITICAL);
	ck_assert_ptr_nonnull(
	    strstr(line, "TLS CRITICAL - smtp mx.example.net:25 timed out|"));
}
END_TEST

START_TEST(what_is_not_known)
{
	outcome_init(&o);
	strcpy(o.service, "smtp");
	strcpy(o.host, "nowhere.example");
	o.port = 25;
	o.reason = REASON_RESOLVE;
	strcpy(o.message, "no such host");
	ck_assert_int_eq(print(), PLUGIN_CRITICAL);
	ck_assert_str_eq(line,
	    "STARTTLS CRITICAL - smtp nowhere.example:25 no such "
	    "host|time=U;;;0;10 tls=U;;;0 days=U;;\n");
}
END_TEST

/* However long it is. */
START_TEST(no_digit_of_the_time_limit_is_lost)
{
	static const struct {
		int64_t ms;
		const char *max;
	} limits[] = {{1234567, ";0;1234.567 "}, {3600000, ";0;3600 "},
	    {60, ";0;0.060 "}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		t.timeout_ms = limits[i].ms;
		print();
		ck_assert_ptr_nonnull(strstr(line, limits[i].max));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("plugin");
	TCase *c = unit_case(suite, "plugin");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, all_is_well);
	tcase_add_test(c, days_that_are_few);
	tcase_add_test(c, an_issuer_that_ends_first);
	tcase_add_test(c, it_took_too_long);
	tcase_add_loop_test(
	    c, every_failure_is_critical_unless_it_is_our_own, 0, REASONS);
	tcase_add_test(c, a_failure_without_a_message);
	tcase_add_test(c, what_is_not_known);
	tcase_add_test(c, no_digit_of_the_time_limit_is_lost);
	return unit_main(suite);
}
