/*
 * Takes connections in: accepts them, waits for the header of those that a
 * proxy relays, and refuses those that the limits do not admit, which costs no
 * process and no wait.
 */
#ifndef PINGTLS_ACCEPTOR_H
#define PINGTLS_ACCEPTOR_H

#include <stdbool.h>

#include "base/deadline.h"
#include "listener/listener_options.h"
#include "listener/session_table.h"
#include "listener/sockets.h"
#include "stats/stats.h"

struct acceptor;

/*
 * Takes in what connects to the sockets, as the options say, and counts it.
 * All three must outlive it.  Returns NULL with errno.
 */
struct acceptor *acceptor_new(
    const struct listener_options *, const struct sockets *, struct stats *);

/*
 * From now on `reap` is called with `object` before a connection is refused
 * because of how many sessions there are; it may call acceptor_ended() for
 * those that are no more.
 */
void acceptor_set_reaper(
    struct acceptor *, void (*reap)(void *object), void *object);

/* Closes the connections that wait.  NULL is allowed. */
void acceptor_free(struct acceptor *);

/*
 * A descriptor to poll(2) for POLLIN, which says that acceptor_next() has
 * something to do; -1 during the pause after a shortage.
 */
int acceptor_fd(const struct acceptor *);

/* When it will have something to do, should no one speak. */
deadline acceptor_deadline(const struct acceptor *);

/*
 * Returns the next connection that is admitted, which is the caller's, with
 * `peer` filled in; or -1 when there is none now or many were
 * refused: poll again.  The caller owes acceptor_ended() or
 * acceptor_turn_away() for each.
 */
int acceptor_next(struct acceptor *, struct peer *peer);

/* Refuses and closes `fd`, which was admitted, because `error`, an errno,
 * leaves no process to serve it; then pauses a little. */
void acceptor_turn_away(
    struct acceptor *, const struct peer *peer, int fd, int error);

/*
 * A session has ended: makes room for another of its source, which gets a
 * penalty if it deserves one.
 */
void acceptor_ended(
    struct acceptor *, const struct peer *peer, const struct session_result *);

#endif
