/*
 * The session processes of a listener: forked, remembered, ended, reaped.
 */
#ifndef PINGTLS_SESSION_TABLE_H
#define PINGTLS_SESSION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/deadline.h"
#include "base/peer.h"
#include "session/session.h"

struct session_table;

/*
 * Room for `most` session processes at once, each of which is to end within
 * `most_ms` (0: no limit) and has the descriptor `shared` of this process (-1:
 * none).  Returns NULL with errno.
 */
struct session_table *session_table_new(
    size_t most, int64_t most_ms, int shared);

/* NULL is allowed.  Processes that still run go on. */
void session_table_free(struct session_table *);

/* A connection and a channel, of which either may be -1. */
#define SESSION_TABLE_FDS 2

/*
 * Forks a process for `peer`, to which the descriptors belong from then on.
 * Returns as fork(2): in the child 0 with `*result` pointing to the result it
 * is to fill, which the parent sees and no other child can reach; in the parent
 * -1 with errno and the descriptors still the caller's, or the process id.
 */
pid_t session_table_fork(struct session_table *, const struct peer *peer,
    const int fds[SESSION_TABLE_FDS], struct session_result **result);

/*
 * Closes the descriptors of processes that have them now, in a table of their
 * own.  Returns true if all do; else it is to be called again soon.
 */
bool session_table_settle(struct session_table *);

/*
 * Forgets process `pid`, which wait(2) has reported.  Returns 0 with copies of
 * its peer and its result, made safe to log; or -1 if it is none of ours.
 */
int session_table_reap(struct session_table *, pid_t pid, struct peer *peer,
    struct session_result *result);

/* Processes now. */
size_t session_table_count(const struct session_table *);

/* Sends each process `signal`. */
void session_table_signal(const struct session_table *, int signal);

/* When the next process must have ended. */
deadline session_table_next_end(const struct session_table *);

/*
 * Kills the next process that should have ended by `now`.  Returns true with
 * its peer, or false: there is none.  Each is killed once.
 */
bool session_table_kill_overdue(
    struct session_table *, int64_t now, struct peer *peer);

#endif
