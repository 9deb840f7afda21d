/*
 * What interrupts a run: signals and the deadline of -w.
 */
#ifndef PINGTLS_CONTROL_H
#define PINGTLS_CONTROL_H

#include <stdbool.h>

#include "base/deadline.h"

struct control {
	int signals;    /* readable when a signal waits: for deadline_wait() */
	bool by_parent; /* `signals` is the way to the parent process instead */
	deadline end;   /* of the run */
	deadline grace; /* after a signal to stop: for the last output */
	bool stopped;   /* SIGINT or SIGTERM came */
	bool asked;     /* SIGQUIT came and was not answered yet */
};

/*
 * Blocks SIGINT, SIGTERM and SIGQUIT and makes them readable from a descriptor.
 * The run ends after `deadline_ms` (0: never).  Returns 0, or -1 with errno.
 */
int control_begin(struct control *, int64_t deadline_ms);

/*
 * Lets SIGINT and SIGTERM end this process, as by default, until
 * control_resume(): while it waits for what it cannot wait for together with
 * signals, as a file that does not open.
 */
void control_pause(void);
void control_resume(void);

/*
 * In a child process: from now on the run is stopped not by signals but by the
 * parent, when that shuts down the connected socket `channel` or ends.
 */
void control_leave_to_parent(struct control *, int channel);

/* Reads pending signals.  Returns true if the run is to stop. */
bool control_take(struct control *);

/* True if the deadline of the run has passed. */
bool control_is_over(const struct control *);

/* True if this process was stopped and continued (SIGCONT) since `when`
 * (deadline_now()). */
bool control_was_suspended(int64_t when);

#endif
