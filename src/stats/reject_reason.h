/*
 * Why a connection is refused, as data: for the peer, the log and the metrics.
 */
#ifndef PINGTLS_REJECT_REASON_H
#define PINGTLS_REJECT_REASON_H

enum reject_reason {
	REJECT_SESSIONS,        /* the limit of sessions is reached */
	REJECT_SOURCE_SESSIONS, /* the limit of one source is reached */
	REJECT_SOURCE_RATE,     /* the source exceeds its rate */
	REJECT_PENALTY,         /* the source is serving a penalty */
	REJECT_PROXY_HEADER,    /* no valid PROXY header came in time */
	REJECT_SHORTAGE,        /* of processes, memory or descriptors */
	REJECT_REASONS,
};

struct rejection {
	const char *reply; /* to the peer, with LF; NULL: none */
	const char *why;   /* in the log */
	const char *label; /* in the metrics */
};

const struct rejection *rejection_of(enum reject_reason);

#endif
