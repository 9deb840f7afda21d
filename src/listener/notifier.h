/*
 * Notifications to the service manager: the state of the service, sent again
 * until it is received, and the watchdog's keep-alive.
 */
#ifndef PINGTLS_NOTIFIER_H
#define PINGTLS_NOTIFIER_H

#include "base/deadline.h"

#define NOTIFIER_STATE_MAX 64

/* Zero at first. */
struct notifier {
	char unsent[NOTIFIER_STATE_MAX]; /* the state, or "" once received */
	deadline next_try, next_watchdog;
};

/* Sends a state that must not be lost, for example "READY=1": it is sent again
 * until it is received or replaced by another. */
void notifier_tell(struct notifier *, const char *state);

/* Does what is due at the time `now`; returns when something will be next. */
deadline notifier_handle_time(struct notifier *, int64_t now);

#endif
