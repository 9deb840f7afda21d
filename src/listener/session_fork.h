/*
 * Forking a session at a cost that does not depend on the number of descriptors
 * of the listener.
 *
 * fork(2) copies the whole descriptor table, of which the child closes all but
 * a few.  Instead, the child shares the listener's table (CLONE_FILES in
 * clone(2)) and unshares it before anything else (CLOSE_RANGE_UNSHARE in
 * close_range(2)), which copies only its lower part.
 */
#ifndef PINGTLS_SESSION_FORK_H
#define PINGTLS_SESSION_FORK_H

#include <stdbool.h>
#include <sys/types.h>

/* True if the kernel, and any filter around the server, allow it. */
bool session_fork_can_share(void);

/*
 * As fork(2), but if `*share` is true the child shares the descriptor table of
 * this process until session_fork_leave(): what the child is to keep must stay
 * open until then.  Sets `*share` to false if sharing is refused.
 *
 * The handlers of pthread_atfork(3), by which GnuTLS detects a fork, do not run
 * in a child that shares: it must call gnutls_rnd_refresh(3) before it uses
 * random numbers, or has the same as all others (credentials_session()).
 */
pid_t session_fork(bool *share);

/*
 * In the child of session_fork(): unshares the descriptor table, keeping those
 * up to `highest`.  Returns 0, or -1 with errno: then the process must exit
 * without closing anything.
 */
int session_fork_leave(bool shared, int highest);

#endif
