/*
 * The table of session processes: forking, ending and reaping them.
 */
#ifndef PINGTLS_SESSION_TABLE_H
#define PINGTLS_SESSION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/deadline.h"
#include "base/peer.h"
#include "session/session.h"

struct session_table;

/*
 * For up to `most` session processes at a time.  Each must end within `most_ms`
 * milliseconds (0: no limit), and inherits the descriptor `shared` (-1: none).
 * Returns NULL with errno.
 */
struct session_table *session_table_new(
    size_t most, int64_t most_ms, int shared);

/* Does not end the processes.  NULL is allowed. */
void session_table_free(struct session_table *);

/* A connection and a channel, of which either may be -1. */
#define SESSION_TABLE_FDS 2

/*
 * Forks a process for `peer`, which takes over the descriptors.  Returns 0 in
 * the child, with `*result` pointing to the result that it is to fill in; only
 * it and the parent can access that.  In the parent returns the process id; or
 * -1 with errno, and the descriptors are still the caller's.
 */
pid_t session_table_fork(struct session_table *, const struct peer *peer,
    const int fds[SESSION_TABLE_FDS], struct session_result **result);

/*
 * Closes the parent's descriptors of children that meanwhile have a descriptor
 * table of their own.  Returns true if all have; else call it again soon.
 */
bool session_table_settle(struct session_table *);

/*
 * Removes the process `pid`, which wait(2) has reported.  Returns 0 with its
 * peer and a cleaned copy of its result; 1 if it was evicted, with the same; or
 * -1 if it is not in the table.
 */
int session_table_reap(struct session_table *, pid_t pid, struct peer *peer,
    struct session_result *result);

/*
 * Kills the session that has been idle longest of those in the clear, of
 * the oldest 1024 and as they say themselves: a session that lies is at most
 * not killed.  Returns 0 with its peer, or -1: there is none.
 */
int session_table_evict(struct session_table *, struct peer *peer);

/* The number of processes. */
size_t session_table_count(const struct session_table *);

/* Sends each process `signal`. */
void session_table_signal(const struct session_table *, int signal);

/* When the next process must have ended. */
deadline session_table_next_end(const struct session_table *);

/*
 * Kills the next process that should have ended by `now`, once.  Returns true
 * with its peer, or false if there is none.
 */
bool session_table_kill_overdue(
    struct session_table *, int64_t now, struct peer *peer);

#endif
