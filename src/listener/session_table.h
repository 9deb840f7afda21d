/*
 * The session processes of a listener: forked, remembered, reaped.
 */
#ifndef PINGTLS_SESSION_TABLE_H
#define PINGTLS_SESSION_TABLE_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/peer.h"
#include "session/session.h"

struct session_table;

/*
 * Room for `most` session processes at once.  Returns NULL with errno.
 */
struct session_table *session_table_new(size_t most);

/* NULL is allowed.  Processes that still run go on. */
void session_table_free(struct session_table *);

/*
 * Forks a process for `peer`.  Returns as fork(2): in the child 0 with
 * `*result` pointing to the result it is to fill, which the parent sees and no
 * other child can reach.
 */
pid_t session_table_fork(struct session_table *, const struct peer *peer,
    struct session_result **result);

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

#endif
