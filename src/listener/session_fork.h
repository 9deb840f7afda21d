/*
 * Forking a session process at the same cost however many descriptors the
 * listener has.
 *
 * fork(2) copies the whole table of descriptors, and the child then closes all
 * but a few of its copy.  Instead, the child begins with the listener's own
 * table (CLONE_FILES, clone(2)) and leaves it before it does anything else
 * (CLOSE_RANGE_UNSHARE, close_range(2)), which copies only the lower part of
 * it.
 */
#ifndef PINGTLS_SESSION_FORK_H
#define PINGTLS_SESSION_FORK_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether this kernel, and what confines the service, allow it. */
bool session_fork_can_share(void);

/*
 * Forks as fork(2) does, but where `*share` is true the child shares the
 * descriptors of this process until session_fork_leave(); what it is to keep
 * must stay open until then.  Sets `*share` to false where that turns out to be
 * refused.
 */
pid_t session_fork(bool *share);

/*
 * In the child of session_fork(): gives it a table of descriptors of its own,
 * with those up to `highest`.  Returns 0, or -1 with errno: then the process
 * must end, and not close a thing.
 */
int session_fork_leave(bool shared, int highest);

#endif
