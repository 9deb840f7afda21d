/*
 * Why a connection is refused, as data: for the peer, the log and the metrics.
 */
#ifndef PINGTLS_REFUSAL_H
#define PINGTLS_REFUSAL_H

enum refusal_reason {
	REFUSAL_SESSIONS,        /* as many as there may be */
	REFUSAL_SOURCE_SESSIONS, /* as many as one source may have */
	REFUSAL_SOURCE_RATE,     /* more in a second than one source may make */
	REFUSAL_PENALTY,         /* for what its source did before */
	REFUSAL_PROXY_HEADER,    /* a proxy sent none, or none in time */
	REFUSAL_SHORTAGE,        /* of processes, memory or descriptors */
	REFUSALS,
};

struct refusal {
	const char *reply; /* to the peer, with its LF; NULL: none */
	const char *why;   /* in the log */
	const char *label; /* in the metrics */
};

const struct refusal *refusal(enum refusal_reason);

#endif
