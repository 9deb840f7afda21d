#include "stats/stats.h"

#include <inttypes.h>
#include <stdio.h>

/* The session may have been taken over, so its alert may be out of range. */
static void
count_failure(struct stats *s, const struct session_result *r)
{
	if (r->alert >= SESSION_ALERTS)
		s->failed_silently++;
	else if (r->alert_received != 0)
		s->alerts_received[r->alert]++;
	else
		s->alerts_sent[r->alert]++;
}

void
stats_add(struct stats *s, const struct session_result *r, int64_t ns)
{
	s->sessions++;
	s->crashed += r->end == SESSION_CRASHED;
	s->unable += r->end == SESSION_UNABLE;
	if (r->end == SESSION_HANDSHAKE_FAILED)
		count_failure(s, r);
	if (r->upgraded != 0) {
		s->upgraded++;
		s->resumed += r->resumed != 0;
		s->verified += r->client[0] != '\0';
		histogram_add(&s->handshakes, r->handshake_ns);
	}
	histogram_add(&s->durations, ns);
	s->pings_clear += r->pings_clear;
	s->pings_tls += r->pings_tls;
	s->octets_in += r->octets_in;
	s->octets_out += r->octets_out;
}

static uint64_t
sum(const uint64_t *counts, size_t size)
{
	uint64_t total = 0;

	for (size_t i = 0; i < size; i++)
		total += counts[i];
	return total;
}

uint64_t
stats_refused(const struct stats *s)
{
	return sum(s->refused, REJECT_REASONS);
}

static uint64_t
handshakes_failed(const struct stats *s)
{
	return sum(s->alerts_sent, SESSION_ALERTS) +
	       sum(s->alerts_received, SESSION_ALERTS) + s->failed_silently;
}

void
stats_format(const struct stats *s, size_t sessions, char *text)
{
	snprintf(text, STATS_TEXT_MAX,
	    "%zu sessions now; %" PRIu64 " connections, %" PRIu64
	    " refused, %" PRIu64 " crashed, %" PRIu64 " upgraded, %" PRIu64
	    " handshakes failed; pings: %" PRIu64 " in the clear, %" PRIu64
	    " over TLS",
	    sessions, s->connections, stats_refused(s), s->crashed, s->upgraded,
	    handshakes_failed(s), s->pings_clear, s->pings_tls);
}
