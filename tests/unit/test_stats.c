/*
 * The service's counters: what sessions add, and the line that shows it.
 */
#include <string.h>

#include "stats.h"
#include "unit.h"

START_TEST(adds_up)
{
	static const struct session_result results[] = {
	    {.end = SESSION_QUIT, .pings_clear = 3},
	    {.end = SESSION_CLOSED,
		.upgraded = 1,
		.pings_clear = 1,
		.pings_tls = 20},
	    {.end = SESSION_HANDSHAKE_FAILED},
	    {.end = SESSION_CRASHED},
	    {.end = 4711, .pings_tls = 1},
	};
	struct stats stats = {.connections = 9, .refused = 4};
	char text[STATS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		stats_add(&stats, &results[i]);
	stats_format(&stats, 2, text);
	ck_assert_str_eq(text,
	    "2 sessions now; 9 connections, 4 refused, 1 crashed, 1 upgraded, "
	    "1 handshakes failed; pings: 4 in the clear, 21 over TLS");
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

int
main(void)
{
	Suite *suite = suite_create("stats");
	TCase *c = unit_case(suite, "stats");

	tcase_add_test(c, adds_up);
	tcase_add_test(c, the_longest_line_fits);
	return unit_main(suite);
}
