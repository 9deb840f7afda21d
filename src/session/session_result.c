/*
 * Checking results against what the listener knows.
 */
#include "session/session_result.h"

#include <string.h>

/* Octets per nanosecond: 100 Gbit/s, more than any client can send. */
#define OCTETS_MAX 13

/* The length of the shortest PING. */
#define PING_OCTETS sizeof("PING")

static bool
can_be_true(const struct session_result *r, int64_t life_ns, bool asked)
{
	uint64_t most = (uint64_t)life_ns * OCTETS_MAX;
	uint64_t pings = r->octets_in / PING_OCTETS;

	if (r->octets_in > most || r->octets_out > most ||
	    r->pings_clear > pings || r->pings_tls > pings - r->pings_clear)
		return false;
	if (r->handshake_ns < 0 || r->handshake_ns > life_ns)
		return false;
	if (r->upgraded == 0 && (r->resumed != 0 || r->pings_tls > 0))
		return false;
	return r->client[0] == '\0' || (asked && r->upgraded != 0);
}

bool
session_result_check(struct session_result *r, int64_t life_ns, bool asked)
{
	if (can_be_true(r, life_ns, asked))
		return true;
	memset(r, 0, sizeof(*r));
	r->end = SESSION_CRASHED;
	return false;
}
