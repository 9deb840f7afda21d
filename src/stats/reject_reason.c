#include "stats/reject_reason.h"

#include "stream/protocol.h"

const struct rejection *
rejection_of(enum reject_reason reason)
{
	static const struct rejection rejections[REJECT_REASONS] = {
	    [REJECT_SESSIONS] = {PROTOCOL_BUSY, "too many sessions",
		"sessions"},
	    [REJECT_SOURCE_SESSIONS] = {PROTOCOL_BUSY_SOURCE,
		"too many sessions from its address", "source_sessions"},
	    [REJECT_SOURCE_RATE] = {PROTOCOL_TOO_FAST,
		"too many connections a second from its address",
		"source_rate"},
	    [REJECT_PENALTY] = {PROTOCOL_PENALISED,
		"its address is serving a penalty", "penalty"},
	    [REJECT_PROXY_HEADER] = {NULL, "no PROXY protocol header",
		"proxy_header"},
	    [REJECT_SHORTAGE] = {PROTOCOL_BUSY,
		"not enough processes, memory or descriptors", "shortage"},
	};

	return &rejections[reason];
}
