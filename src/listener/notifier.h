/*
 * What the service manager is told in its time: the state of the service, until
 * it has been heard, and signs of life.
 */
#ifndef PINGTLS_NOTIFIER_H
#define PINGTLS_NOTIFIER_H

#include "base/deadline.h"

#define NOTIFIER_STATE_MAX 64

/* Zero at first. */
struct notifier {
	char unsent[NOTIFIER_STATE_MAX]; /* the state, or "": it was heard */
	deadline next_try, next_watchdog;
};

/* Tells the manager a state that it must hear, "READY=1" say: tried again until
 * it is, or another has taken its place. */
void notifier_tell(struct notifier *, const char *state);

/* Does what is due at the time `now`; returns when something will be next. */
deadline notifier_handle_time(struct notifier *, int64_t now);

#endif
