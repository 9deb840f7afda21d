/*
 * The options of the listener and its sessions.
 */
#ifndef PINGTLS_LISTENER_OPTIONS_H
#define PINGTLS_LISTENER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/networks.h"
#include "base/source.h"
#include "session/session.h"

/* Penalties for misbehaving sources (admission.h). */
struct penalty_options {
	bool on;
	int64_t handshake_ms; /* for a failed handshake */
	int64_t crash_ms;     /* for a crashed session */
	int64_t min_ms, max_ms;
	struct networks *exempt; /* NULL: none */
};

struct listener_options {
	struct session_options session;
	unsigned long max_sessions, max_sessions_per_source;
	struct source_prefix source_prefix;
	unsigned long max_rate_per_source; /* a second; 0: no limit */
	struct penalty_options penalties;
	struct networks
	    *proxies; /* trusted to send the PROXY header; NULL: none */
	const char *metrics_file; /* NULL: none */
	int64_t drain_ms;
	bool sandboxed;
};

#endif
