/*
 * A conversation as its parent sees it: the look-up, the connection, and the
 * process that speaks to the server, none of which is waited for here.
 */
#ifndef PINGTLS_PROBE_H
#define PINGTLS_PROBE_H

#include <poll.h>

#include "client/conversation_process.h"
#include "client/dial.h"
#include "client/record.h"
#include "client/resolve.h"

enum probe_state {
	PROBE_LOOKING_UP,
	PROBE_CONNECTING,
	PROBE_TALKING,
	PROBE_ENDED, /* its outcome is complete */
};

struct probe {
	struct conversation_setup setup;
	const struct sandbox *sandbox;  /* NULL: none */
	const struct outcome *previous; /* NULL: none */
	enum probe_state state;
	struct record last;  /* with the outcome so far */
	struct record heard; /* that is being checked */
	struct look_up look_up;
	struct dane_answer *dane; /* NULL: DNS is not asked for TLSA records */
	struct dial dial;
	struct conversation_process process;
	int64_t began;  /* the step; deadline_now() */
	deadline until; /* when the look-up or the process is given up */
	bool unread;    /* a reporter said that nobody reads any more */
};

/*
 * Begins a conversation: the `sequence`th with its target, after `previous`
 * (NULL: none), which must outlive it, like the resolvers.  The setup is
 * copied; its `end` is set here.
 */
void probe_begin(struct probe *, const struct conversation_setup *,
    const struct sandbox *, struct resolvers *, uint64_t sequence,
    const struct outcome *previous);

/* What to wait for: fills in a descriptor to poll and returns a deadline. */
deadline probe_wait(const struct probe *, struct pollfd *);

/* Goes on; call it when the descriptor is ready or the deadline has passed. */
void probe_continue(struct probe *);

/* Ends it soon, because the run is stopped: its process may still say how it
 * stands. */
void probe_stop(struct probe *);

/* Ends it at once, whatever it does, and frees what it has. */
void probe_end(struct probe *);

#endif
