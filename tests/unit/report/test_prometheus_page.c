/*
 * Conversations in Prometheus's text format.
 */
#include "report/prometheus_page.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define NOW INT64_C(1790000000)

static struct prometheus_target targets[2];
static char *text;
static size_t size;

static void
set_up(void)
{
	for (int i = 0; i < 2; i++) {
		struct outcome *o = &targets[i].last;

		outcome_init(o);
		o->reason = REASON_CONNECT;
		strcpy(targets[i].target,
		    i == 0 ? "smtp://mx.example.net" : "b\"\\\n");
		strcpy(o->service, "smtp");
		targets[i].connections = 3;
		targets[i].failed = 1;
		targets[i].ended = NOW;
	}
}

static void
tear_down(void)
{
	free(text);
	text = NULL;
}

static void
format(size_t count)
{
	free(text);
	text = prometheus_page(targets, count, &size);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), size);
}

static bool
has(const char *line)
{
	const char *found = strstr(text, line);

	return found != NULL && (found == text || found[-1] == '\n');
}

START_TEST(a_success)
{
	struct outcome *o = &targets[0].last;

	o->ok = true;
	o->verified = OUTCOME_YES;
	o->starttls.offered = OUTCOME_YES;
	o->phase_ns[OUTCOME_TLS] = 41300000;
	strcpy(o->tls.version, "TLS1.3");
	o->certificate.seen = true;
	o->certificate.not_after = NOW + 5;
	o->pings[OUTCOME_CLEAR] = (struct outcome_pings){.sent = 2,
	    .answers = {.count = 2, .min = 1000, .max = 3000, .sum = 4000}};
	format(1);
#define LABELS "target=\"smtp://mx.example.net\",service=\"smtp\""
	ck_assert(has("pingtls_success{" LABELS "} 1\n"));
	ck_assert(has("pingtls_verified{" LABELS "} 1\n"));
	ck_assert(has("pingtls_starttls_offered{" LABELS "} 1\n"));
	ck_assert(has("pingtls_connections{" LABELS "} 3\n"));
	ck_assert(has("pingtls_connections_failed{" LABELS "} 1\n"));
	ck_assert(has("pingtls_duration_seconds{" LABELS
		      ",phase=\"tls\"} 0.041300000\n"));
	ck_assert(has("pingtls_certificate_not_after_timestamp_seconds{" LABELS
		      "} 1790000005\n"));
	ck_assert(has("pingtls_ping_rtt_avg_seconds{" LABELS
		      ",stage=\"clear\"} 0.000002000\n"));
	ck_assert(
	    has("pingtls_last_run_timestamp_seconds{" LABELS "} 1790000000\n"));
	ck_assert_ptr_null(strstr(text, "pingtls_failure_info{"));
	ck_assert_ptr_null(strstr(text, "pingtls_dane_verified{"));
	ck_assert_ptr_null(strstr(text, "phase=\"proxy\""));
}
END_TEST

START_TEST(a_failure_has_its_reason)
{
	targets[0].last.reason = REASON_STARTTLS_STRIPPED;
	format(1);
	ck_assert(has("pingtls_success{" LABELS "} 0\n"));
	ck_assert(has("pingtls_failure_info{" LABELS
		      ",reason=\"starttls-stripped\"} 1\n"));
	ck_assert_ptr_null(strstr(text, "pingtls_verified{"));
}
END_TEST

START_TEST(labels_are_quoted)
{
	format(2);
	ck_assert(has("pingtls_success{target=\"b\\\"\\\\\\n\",service="
		      "\"smtp\"} 0\n"));
}
END_TEST

START_TEST(an_address_has_a_label_of_its_own)
{
	strcpy(targets[0].address, "2001:db8::1");
	format(1);
	ck_assert(
	    has("pingtls_success{" LABELS ",address=\"2001:db8::1\"} 0\n"));
	ck_assert(has("pingtls_failure_info{" LABELS
		      ",address=\"2001:db8::1\",reason=\"connect\"} 1\n"));
}
END_TEST

START_TEST(a_target_that_was_not_tried_has_no_samples)
{
	targets[0].connections = 0;
	format(2);
	ck_assert_ptr_null(strstr(text, "mx.example.net"));
	ck_assert_ptr_nonnull(strstr(text, "pingtls_success{"));
}
END_TEST

/* node_exporter takes offence at texts that differ between files. */
START_TEST(help_and_type_are_always_the_same)
{
	char *first;

	format(0);
	first = text;
	text = NULL;
	targets[0].last.ok = true;
	format(2);
	for (char *line = strtok(first, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		if (line[0] == '#')
			ck_assert_ptr_nonnull(strstr(text, line));
	free(first);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("prometheus");
	TCase *c = unit_case(suite, "prometheus");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_success);
	tcase_add_test(c, a_failure_has_its_reason);
	tcase_add_test(c, labels_are_quoted);
	tcase_add_test(c, an_address_has_a_label_of_its_own);
	tcase_add_test(c, a_target_that_was_not_tried_has_no_samples);
	tcase_add_test(c, help_and_type_are_always_the_same);
	return unit_main(suite);
}
