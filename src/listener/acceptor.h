/*
 * Accepts connections, waits for the PROXY header of those from proxies, and
 * refuses those beyond the limits, without forking and without blocking.
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
 * Creates an acceptor for the sockets, which counts in the stats.  The
 * arguments must outlive it.  Returns NULL with errno.
 */
struct acceptor *acceptor_new(
    const struct listener_options *, const struct sockets *, struct stats *);

/*
 * From now on `reap` is called with `object` before a connection is refused
 * because there are too many sessions.  It may call acceptor_ended() for
 * sessions that have ended.  If `all_taken`, the limit of all sessions is
 * reached, and it may end one and call acceptor_gave_way() for that.
 */
void acceptor_set_reaper(struct acceptor *,
    void (*reap)(void *object, bool all_taken), void *object);

/* A session was ended to make room, and does not count from now on:
 * acceptor_ended() is not called for it. */
void acceptor_gave_way(struct acceptor *, const struct peer *peer);

/* Closes the connections that wait for a PROXY header.  NULL is allowed. */
void acceptor_free(struct acceptor *);

/* True if a socket still listens: other processes can shut them down. */
bool acceptor_listens(const struct acceptor *);

/*
 * A descriptor that is readable when acceptor_next() should be called; -1
 * during the pause after a shortage.
 */
int acceptor_fd(const struct acceptor *);

/* When acceptor_next() should be called even if that is not readable. */
deadline acceptor_deadline(const struct acceptor *);

/*
 * Returns the next admitted connection, set up as stream_new() does and owned
 * by the caller from then on, with its peer; or -1 if there is none now, or
 * after many were refused: poll again. acceptor_ended() or acceptor_turn_away()
 * must be called for each.
 */
int acceptor_next(struct acceptor *, struct peer *peer);

/* Refuses and closes an admitted connection because no process could be forked
 * (`error` is an errno), then accepts none for a moment. */
void acceptor_turn_away(
    struct acceptor *, const struct peer *peer, int fd, int error);

/*
 * Releases the place of a session that has ended, and penalises its source if
 * the result says so.
 */
void acceptor_ended(
    struct acceptor *, const struct peer *peer, const struct session_result *);

#endif
