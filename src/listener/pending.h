/*
 * Connections from trusted proxies that wait in the listener, each for the
 * header that says whom it is for.
 *
 * They wait there, and not in a process each, because only the listener can
 * apply limits by source, and it can do so only once it knows the source: a
 * process that found it out would have been forked already, would have to
 * report it before anything was decided, and could report another's if it was
 * broken into.  The price is that the listener parses what proxies send; see
 * proxy.h for why that is a small one.
 *
 * It never blocks on them: they are behind one epoll(7) descriptor, each has a
 * deadline, and there are so many at most.
 */
#ifndef PINGTLS_PENDING_H
#define PINGTLS_PENDING_H

#include <stddef.h>

#include "base/deadline.h"
#include "base/peer.h"

/*
 * Waiting at once.  A proxy sends the header as soon as it is connected, so
 * few ever wait; this many descriptors are a quarter of the 1024 that a process
 * has by default.
 */
#define PENDING_MAX 256

/*
 * How long one may wait, unless the administrator says otherwise: more than the
 * 3 s that proxy-protocol.txt (2) wants for a TCP retransmission.
 */
#define PENDING_MS 5000

struct pending;

/*
 * Room for `most` connections (PENDING_MAX), each of which may wait `ms`
 * milliseconds (PENDING_MS; 0: for ever).  Returns NULL with errno.
 */
struct pending *pending_new(size_t most, int64_t ms);

/* Closes all that wait.  NULL is allowed, here and below: nothing waits there.
 */
void pending_free(struct pending *);

/*
 * Lets `fd`, a connection that `peer` has made, wait.  It belongs to the
 * pending from now on.  Returns 0; or -1 with errno, ENOBUFS if there is no
 * room, and `fd` is still the caller's.
 */
int pending_add(struct pending *, int fd, const struct peer *peer);

/* A descriptor to poll(2) for POLLIN, which says that pending_next() has
 * something to do; -1 for NULL. */
int pending_fd(const struct pending *);

/* When pending_next() will have something to do, should none speak. */
deadline pending_deadline(const struct pending *);

enum pending_outcome {
	PENDING_NONE,      /* nothing to do now */
	PENDING_READY,     /* to be admitted: `peer` is the real one */
	PENDING_MALFORMED, /* to be closed: what it sent is not a header, */
	PENDING_LATE,      /* none came in time, */
	PENDING_GONE,      /* or the proxy closed before one did */
};

/*
 * Takes out the next connection whose waiting is over at the time `now`
 * (deadline_now()); to be called until it returns PENDING_NONE.  With any
 * other outcome `*fd` is the caller's, and `*peer` is that of pending_add(),
 * with the address that the header names if it names one.
 */
enum pending_outcome pending_next(
    struct pending *, int64_t now, struct peer *peer, int *fd);

/* Those that wait now. */
size_t pending_count(const struct pending *);

#endif
