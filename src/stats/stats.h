/*
 * The service's counters.  Sessions count for themselves, in their results; the
 * listener adds those up as it reaps.
 */
#ifndef PINGTLS_STATS_H
#define PINGTLS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "session/session.h"
#include "stats/reject_reason.h"

struct stats {
	uint64_t connections; /* accepted, refused ones too */
	uint64_t refused[REJECT_REASONS];
	uint64_t sessions; /* ended */
	uint64_t crashed;
	uint64_t upgraded;
	uint64_t resumed;  /* of the upgraded, by a ticket */
	uint64_t verified; /* of the upgraded, with a client certificate */
	/* Handshakes that failed, by the alert that said so (RFC 8446, 6.2), if
	 * one did, and by who sent it. */
	uint64_t alerts_sent[SESSION_ALERTS];
	uint64_t alerts_received[SESSION_ALERTS];
	uint64_t failed_silently;
	uint64_t unable; /* to upgrade, by a fault of ours */
	uint64_t pings_clear, pings_tls;
	uint64_t octets_in, octets_out;
	struct histogram durations, handshakes;
};

/* Counts an ended session of `ns` nanoseconds, and what it left behind. */
void stats_add(struct stats *, const struct session_result *, int64_t ns);

/* Sums over what is counted by kind. */
uint64_t stats_refused(const struct stats *);
uint64_t stats_handshakes_failed(const struct stats *);

#define STATS_TEXT_MAX 384

/* Writes one line, `sessions` being those now, to `text`, STATS_TEXT_MAX
 * octets. */
void stats_format(const struct stats *, size_t sessions, char *text);

#endif
