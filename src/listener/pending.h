/*
 * Connections from trusted proxies that wait for their PROXY header.
 *
 * They wait in the listener, not in a process of their own, because the limits
 * per source must be applied before a process is forked, and the header names
 * the source.  A process that parsed it could also lie about it after it was
 * taken over.  The price is that the listener parses what proxies send; proxy.h
 * explains why that is acceptable.
 *
 * The listener never blocks on them: they are watched through one epoll(7)
 * descriptor, each has a deadline, and their number is limited.
 */
#ifndef PINGTLS_PENDING_H
#define PINGTLS_PENDING_H

#include <stddef.h>

#include "base/deadline.h"
#include "base/peer.h"

/*
 * How many may wait at a time.  Proxies send the header at once, so few ever
 * wait; this is a quarter of the default limit of 1024 descriptors.
 */
#define PENDING_MAX 256

/*
 * How long one may wait: more than the 3 s that proxy-protocol.txt (2) requires
 * to allow for a TCP retransmission.
 */
#define PENDING_MS 5000

struct pending;

/*
 * For up to `most` connections (PENDING_MAX), each of which may wait `ms`
 * milliseconds (PENDING_MS; 0: without limit).  Returns NULL with errno.
 */
struct pending *pending_new(size_t most, int64_t ms);

/* Closes all connections.  NULL, here and below, means that none wait. */
void pending_free(struct pending *);

/*
 * Adds the connection `fd` of `peer` and takes ownership of it.  Returns 0; or
 * -1 with errno, ENOBUFS if there are too many, and `fd` is still the caller's.
 */
int pending_add(struct pending *, int fd, const struct peer *peer);

/* A descriptor that is readable when pending_next() should be called; -1 for
 * NULL. */
int pending_fd(const struct pending *);

/* When pending_next() should be called even if that is not readable. */
deadline pending_deadline(const struct pending *);

enum pending_outcome {
	PENDING_NONE,      /* no connection is done now */
	PENDING_READY,     /* its header is complete: `peer` is the real peer */
	PENDING_MALFORMED, /* to be closed: it sent no valid header, */
	PENDING_TOO_LONG,  /* sent one that is too long, */
	PENDING_LATE,      /* sent none in time, */
	PENDING_GONE,      /* or was closed by the proxy */
};

/*
 * Removes the next connection that is done at the time `now` (deadline_now()).
 * Call it until it returns PENDING_NONE.  With any other outcome the caller
 * owns
 * `*fd`, and `*peer` is that of pending_add(), with the address from the header
 * if that has one.
 */
enum pending_outcome pending_next(
    struct pending *, int64_t now, struct peer *peer, int *fd);

/* The number of connections that wait. */
size_t pending_count(const struct pending *);

#endif
