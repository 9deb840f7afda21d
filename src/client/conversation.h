/*
 * One measured conversation with a server: look-up, connection, proxy, what the
 * service wants before TLS or our own protocol's pings, the handshake, pings
 * over TLS, and the leave.  It measures and tells a reporter.
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
	unsigned long count;       /* pings of our own protocol; 0: no end */
	struct verifier *verifier; /* NULL: no TLS */
	const struct reporter *reporter;
	struct control *control;
};

/*
 * Holds a conversation; all that is found goes to the outcome, which is new.
 *
 * Replies to our own pings carry no number and come in the order of the pings,
 * so an answer belongs to the oldest ping without one: one that comes late is
 * counted with its true time, and never as the answer to a later ping.
 *
 * Returns 0 where it came to its end, or the run did (control_take(),
 * control_is_over()); -1 where it failed, with the outcome's reason.
 */
int conversation_hold(const struct conversation_setup *, struct outcome *);

#endif
