/*
 * The server's counters.  Each session counts for itself; the listener adds its
 * result when it has ended.
 */
#ifndef PINGTLS_STATS_H
#define PINGTLS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "session/session.h"
#include "stats/reject_reason.h"

struct stats {
	uint64_t connections; /* accepted, including those refused */
	uint64_t refused[REJECT_REASONS];
	uint64_t sessions; /* that have ended */
	uint64_t crashed;
	uint64_t upgraded;
	uint64_t resumed;  /* of the upgraded, by a ticket */
	uint64_t verified; /* of the upgraded, with a client certificate */
	/* Failed handshakes, by the fatal alert (RFC 8446, 6.2) and who sent
	 * it; or without one. */
	uint64_t alerts_sent[SESSION_ALERTS];
	uint64_t alerts_received[SESSION_ALERTS];
	uint64_t failed_silently;
	uint64_t unable; /* upgrades that failed by a fault of the server */
	uint64_t pings_clear, pings_tls;
	uint64_t octets_in, octets_out;
	struct histogram durations, handshakes;
};

/* Adds a session that has ended after `ns` nanoseconds. */
void stats_add(struct stats *, const struct session_result *, int64_t ns);

/* The number of connections refused, for whatever reason. */
uint64_t stats_refused(const struct stats *);

#define STATS_TEXT_MAX 384

/* Formats the counters as one line (STATS_TEXT_MAX octets); `sessions` is the
 * current number. */
void stats_format(const struct stats *, size_t sessions, char *text);

#endif
