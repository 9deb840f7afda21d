/*
 * The session processes of a listener: forked, remembered, reaped.
 */
#ifndef PINGTLS_CHILDREN_H
#define PINGTLS_CHILDREN_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "limits/admission.h"
#include "session/session.h"

struct children;

/* Who is served, and since when. */
struct peer {
	struct source source;
	int64_t began; /* deadline_now() */
	struct sockaddr_storage address;
	socklen_t length;
};

/*
 * Room for `most` session processes at once.  Returns NULL with errno.
 */
struct children *children_new(size_t most);

/* NULL is allowed.  Processes that still run go on. */
void children_free(struct children *);

/*
 * Forks a process for `peer`.  Returns as fork(2): in the child 0 with
 * `*result` pointing to the result it is to fill, which the parent sees and no
 * other child can reach.
 */
pid_t children_fork(
    struct children *, const struct peer *peer, struct session_result **result);

/*
 * Forgets process `pid`, which wait(2) has reported.  Returns 0 with copies of
 * its peer and its result, made safe to log; or -1 if it is none of ours.
 */
int children_reap(struct children *, pid_t pid, struct peer *peer,
    struct session_result *result);

/* Processes now. */
size_t children_count(const struct children *);

/* Sends each process `signal`. */
void children_signal(const struct children *, int signal);

#endif
