/*
 * One conversation with a server, once it is connected: the proxy, the exchange
 * before TLS or pings in the clear, the handshake, pings over TLS, and the
 * farewell.  Each phase is timed and reported.
 */
#ifndef PINGTLS_CONVERSATION_H
#define PINGTLS_CONVERSATION_H

#include "client/control.h"
#include "client/outcome.h"
#include "client/ping_options.h"
#include "client/reporter.h"
#include "client/target.h"
#include "client/verify.h"
#include "stream/stream.h"

/* How long to wait at its end for the server to close, too. */
#define CONVERSATION_LINGER_MS 1000

struct conversation_setup {
	const struct ping_options *options;
	const struct target *target;
	unsigned long count;       /* pings of our own protocol; 0: no limit */
	struct verifier *verifier; /* NULL: no TLS */
	const struct reporter *reporter;
	struct control *control;
	/* The TLSA records that the server must match; NULL: none. */
	const struct tlsa *records;
	size_t record_count;
	/* Where they were found in DNS; NULL: they are not from there. */
	const struct host_name *tlsa_base;
	const char *own_address; /* of this end of the connection */
	deadline end;
};

/*
 * Holds a conversation and closes the stream, which stays the caller's; fills
 * in the outcome.
 *
 * Replies to our own pings have no sequence number but come in order, so a
 * reply belongs to the oldest unanswered ping.  A late reply is counted with
 * its true time, never as the reply to a later ping.
 *
 * Returns 0 if it was completed or the run ended (control_take(),
 * control_is_over()); -1 if it failed, with the reason in the outcome.
 */
int conversation_hold(
    const struct conversation_setup *, struct stream *, struct outcome *);

#endif
