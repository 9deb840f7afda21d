/*
 * Why a connection is refused, as data.
 */
#include "stats/reject_reason.h"

#include "stream/protocol.h"

const struct refusal *
refusal(enum refusal_reason reason)
{
	static const struct refusal refusals[REFUSALS] = {
	    [REFUSAL_SESSIONS] = {PROTOCOL_BUSY, "too many sessions",
		"sessions"},
	    [REFUSAL_SOURCE_SESSIONS] = {PROTOCOL_BUSY_SOURCE,
		"too many sessions from its address", "source_sessions"},
	    [REFUSAL_SOURCE_RATE] = {PROTOCOL_TOO_FAST,
		"too many connections a second from its address",
		"source_rate"},
	    [REFUSAL_PENALTY] = {PROTOCOL_PENALISED,
		"its address is serving a penalty", "penalty"},
	    [REFUSAL_PROXY_HEADER] = {NULL, "no PROXY protocol header",
		"proxy_header"},
	    [REFUSAL_SHORTAGE] = {PROTOCOL_BUSY,
		"not enough processes, memory or descriptors", "shortage"},
	};

	return &refusals[reason];
}
