/*
 * What ends a run from outside: signals, and the deadline of -w.
 */
#ifndef PINGTLS_CONTROL_H
#define PINGTLS_CONTROL_H

#include <stdbool.h>

#include "base/deadline.h"

struct control {
	int signals;    /* readable when a signal waits: for deadline_wait() */
	deadline end;   /* of the run */
	deadline grace; /* after a signal to stop: for what is to be said yet */
	bool stopped;   /* SIGINT or SIGTERM came */
	bool asked;     /* SIGQUIT came, and nobody has answered it yet */
};

/*
 * Blocks SIGINT, SIGTERM and SIGQUIT for good and watches for them instead; the
 * run ends in `deadline_ms`, 0: never.  Returns 0, or -1 with errno.
 */
int control_begin(struct control *, int64_t deadline_ms);

/*
 * Whether SIGQUIT is to be watched for, too.  Where a wait cannot be resumed it
 * has to wait itself.  At first it is not.
 */
void control_watch_questions(struct control *, bool);

/* Takes note of the signals that wait.  Returns whether to stop. */
bool control_take(struct control *);

/* Whether the run's time is over. */
bool control_is_over(const struct control *);

/* Whether this process was stopped and continued (SIGCONT) since `when`
 * (deadline_now()). */
bool control_was_suspended(int64_t when);

#endif
