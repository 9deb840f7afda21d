/*
 * One conversation with a server: name resolution, connection, proxy, the
 * exchange before TLS or pings in the clear, the handshake, pings over TLS, and
 * the farewell.  Each phase is timed and reported.
 */
#ifndef PINGTLS_CONVERSATION_H
#define PINGTLS_CONVERSATION_H

#include "client/control.h"
#include "client/outcome.h"
#include "client/ping_options.h"
#include "client/reporter.h"
#include "client/target.h"
#include "client/verify.h"

struct conversation_setup {
	const struct ping_options *options;
	const struct target *target;
	unsigned long count;       /* pings of our own protocol; 0: no limit */
	struct verifier *verifier; /* NULL: no TLS */
	const struct reporter *reporter;
	struct control *control;
};

/*
 * Runs a conversation and fills in the outcome.
 *
 * Replies to our own pings have no sequence number but come in order, so a
 * reply belongs to the oldest unanswered ping.  A late reply is counted with
 * its true time, never as the reply to a later ping.
 *
 * Returns 0 if it was completed or the run ended (control_take(),
 * control_is_over()); -1 if it failed, with the reason in the outcome.
 */
int conversation_hold(const struct conversation_setup *, struct outcome *);

#endif
