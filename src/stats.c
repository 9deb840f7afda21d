/*
 * The service's counters.
 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>

void
stats_add(struct stats *s, const struct session_result *r)
{
	s->crashed += r->end == SESSION_CRASHED;
	s->upgraded += r->upgraded != 0;
	s->handshakes_failed += r->end == SESSION_HANDSHAKE_FAILED;
	s->pings_clear += r->pings_clear;
	s->pings_tls += r->pings_tls;
}

void
stats_format(const struct stats *s, size_t sessions, char *text)
{
	snprintf(text, STATS_TEXT_MAX,
	    "%zu sessions now; %" PRIu64 " connections, %" PRIu64
	    " refused, %" PRIu64 " crashed, %" PRIu64 " upgraded, %" PRIu64
	    " handshakes failed; pings: %" PRIu64 " in the clear, %" PRIu64
	    " over TLS",
	    sessions, s->connections, s->refused, s->crashed, s->upgraded,
	    s->handshakes_failed, s->pings_clear, s->pings_tls);
}
