/*
 * Why a connection is refused, as data: for the peer, the log and the metrics.
 */
#ifndef PINGTLS_REJECT_REASON_H
#define PINGTLS_REJECT_REASON_H

enum reject_reason {
	REJECT_SESSIONS,        /* as many as there may be */
	REJECT_SOURCE_SESSIONS, /* as many as one source may have */
	REJECT_SOURCE_RATE,     /* more in a second than one source may make */
	REJECT_PENALTY,         /* for what its source did before */
	REJECT_PROXY_HEADER,    /* a proxy sent none, or none in time */
	REJECT_SHORTAGE,        /* of processes, memory or descriptors */
	REJECT_REASONS,
};

struct rejection {
	const char *reply; /* to the peer, with its LF; NULL: none */
	const char *why;   /* in the log */
	const char *label; /* in the metrics */
};

const struct rejection *rejection_of(enum reject_reason);

#endif
