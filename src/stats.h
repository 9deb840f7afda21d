/*
 * The service's counters.  Sessions count for themselves, in their results; the
 * listener adds those up as it reaps.
 */
#ifndef PINGTLS_STATS_H
#define PINGTLS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "session.h"

struct stats {
	uint64_t connections; /* accepted, refused ones too */
	uint64_t refused;
	uint64_t crashed;
	uint64_t upgraded;
	uint64_t handshakes_failed;
	uint64_t pings_clear, pings_tls;
};

/* Adds what an ended session left behind. */
void stats_add(struct stats *, const struct session_result *);

#define STATS_TEXT_MAX 384

/* Writes one line, `sessions` being those now, to `text`, STATS_TEXT_MAX
 * octets. */
void stats_format(const struct stats *, size_t sessions, char *text);

#endif
