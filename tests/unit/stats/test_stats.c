/*
 * The service's counters: what sessions add, the line that shows it, and the
 * file for Prometheus.
 */
#include <string.h>

#include "stats/metrics.h"
#include "stats/stats.h"
#include "unit.h"

#define MS INT64_C(1000000)

static const struct session_result results[] = {
    {.end = SESSION_QUIT, .pings_clear = 3, .octets_in = 20, .octets_out = 15},
    {.end = SESSION_CLOSED,
	.upgraded = 1,
	.resumed = 1,
	.client = "CN=client",
	.handshake_ns = 30 * MS,
	.pings_clear = 1,
	.pings_tls = 20},
    {.end = SESSION_HANDSHAKE_FAILED, .alert = 48, .alert_received = 1},
    {.end = SESSION_HANDSHAKE_FAILED, .alert = 70},
    {.end = SESSION_HANDSHAKE_FAILED, .alert = SESSION_NO_ALERT},
    {.end = SESSION_UNABLE},
    {.end = SESSION_CRASHED},
    {.end = 4711, .pings_tls = 1},
    /* Of a session that was broken into. */
    {.end = SESSION_HANDSHAKE_FAILED,
	.alert = 4711,
	.alert_received = 4711,
	.resumed = 1,
	.client = "CN=forged"},
};
#define RESULTS (sizeof(results) / sizeof(results[0]))

static struct stats
filled(void)
{
	struct stats stats = {.connections = 9};

	stats.refused[REJECT_PENALTY] = 3;
	stats.refused[REJECT_SHORTAGE] = 1;
	for (size_t i = 0; i < RESULTS; i++)
		stats_add(&stats, &results[i], (int64_t)i * 100 * MS);
	return stats;
}

START_TEST(adds_up)
{
	struct stats stats = filled();
	char text[STATS_TEXT_MAX];

	stats_format(&stats, 2, text);
	ck_assert_str_eq(text,
	    "2 sessions now; 9 connections, 4 refused, 1 crashed, 1 upgraded, "
	    "4 handshakes failed; pings: 4 in the clear, 21 over TLS");
	ck_assert_uint_eq(stats.resumed, 1);
	ck_assert_uint_eq(stats.verified, 1);
}
END_TEST

START_TEST(the_longest_line_fits)
{
	struct stats stats;
	char text[STATS_TEXT_MAX];

	memset(&stats, 0xff, sizeof(stats));
	stats_format(&stats, SIZE_MAX, text);
	ck_assert_ptr_nonnull(strstr(text, "over TLS"));
}
END_TEST

static const char *
metrics(const struct stats *stats)
{
	static char text[METRICS_TEXT_MAX + 1];
	ssize_t size = metrics_format(stats, 2, text);

	ck_assert_int_gt(size, 0);
	text[size] = '\0';
	return text;
}

START_TEST(writes_metrics)
{
	static const char *const lines[] = {
	    "pingtlsd_connections_total 9\n",
	    "pingtlsd_refused_total{reason=\"sessions\"} 0\n",
	    "pingtlsd_refused_total{reason=\"penalty\"} 3\n",
	    "pingtlsd_refused_total{reason=\"shortage\"} 1\n",
	    "pingtlsd_sessions 2\n",
	    "pingtlsd_sessions_total 9\n",
	    "pingtlsd_sessions_crashed_total 1\n",
	    "pingtlsd_upgrades_total 1\n",
	    "pingtlsd_upgrades_unable_total 1\n",
	    "{alert=\"70\",name=\"protocol_version\",by=\"server\"} 1\n",
	    "{alert=\"48\",name=\"unknown_ca\",by=\"client\"} 1\n",
	    "{alert=\"\",name=\"\",by=\"\"} 2\n",
	    "pingtlsd_pings_total{phase=\"clear\"} 4\n",
	    "pingtlsd_pings_total{phase=\"tls\"} 21\n",
	    "pingtlsd_received_bytes_total 20\n",
	    "pingtlsd_sent_bytes_total 15\n",
	    "pingtlsd_session_duration_seconds_bucket{le=\"0.001\"} 1\n",
	    "pingtlsd_session_duration_seconds_bucket{le=\"0.25\"} 3\n",
	    "pingtlsd_session_duration_seconds_bucket{le=\"+Inf\"} 9\n",
	    "pingtlsd_session_duration_seconds_sum 3.600000\n",
	    "pingtlsd_session_duration_seconds_count 9\n",
	    "pingtlsd_handshake_duration_seconds_bucket{le=\"0.025\"} 0\n",
	    "pingtlsd_handshake_duration_seconds_bucket{le=\"0.05\"} 1\n",
	    "pingtlsd_handshake_duration_seconds_count 1\n",
	};
	struct stats stats = filled();
	const char *text = metrics(&stats);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(
		    strstr(text, lines[i]) != NULL, "no %s", lines[i]);
}
END_TEST

START_TEST(counts_what_lasts_beyond_every_bound)
{
	struct stats stats = {0};
	const struct session_result r = {.end = SESSION_QUIT};
	const char *text;

	stats_add(&stats, &r, 3600 * 1000 * MS);
	text = metrics(&stats);
	ck_assert_ptr_nonnull(
	    strstr(text, "session_duration_seconds_bucket{le=\"600\"} 0\n"));
	ck_assert_ptr_nonnull(
	    strstr(text, "session_duration_seconds_bucket{le=\"+Inf\"} 1\n"));
}
END_TEST

START_TEST(the_longest_metrics_fit)
{
	struct stats stats;
	char text[METRICS_TEXT_MAX];

	/* Every number is as long as it can be. */
	memset(&stats, 0xff, sizeof(stats));
	ck_assert_int_gt(metrics_format(&stats, SIZE_MAX, text), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stats");
	TCase *c = unit_case(suite, "stats");

	tcase_add_test(c, adds_up);
	tcase_add_test(c, the_longest_line_fits);
	c = unit_case(suite, "metrics");
	tcase_add_test(c, writes_metrics);
	tcase_add_test(c, counts_what_lasts_beyond_every_bound);
	tcase_add_test(c, the_longest_metrics_fit);
	return unit_main(suite);
}
