/*
 * Deadlines: points in time on CLOCK_MONOTONIC, and the one place that waits
 * for a descriptor.
 *
 * A deadline is absolute, so a peer that sends one octet at a time gains
 * nothing by it: every wait of an operation runs against the same point.
 */
#ifndef PINGTLS_DEADLINE_H
#define PINGTLS_DEADLINE_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds on CLOCK_MONOTONIC. */
typedef int64_t deadline;

#define DEADLINE_NEVER INT64_MAX

/* The time now, in nanoseconds on CLOCK_MONOTONIC. */
int64_t deadline_now(void);

/* The deadline `ms` milliseconds from now; DEADLINE_NEVER if `ms` is 0. */
deadline deadline_in(int64_t ms);

/* The same from the time `now`. */
deadline deadline_after(int64_t now, int64_t ms);

/* The earlier of the two. */
deadline deadline_earlier(deadline a, deadline b);

/* What ppoll(2) is to wait for until `when`: `left` filled in, nothing if that
 * has passed; NULL for DEADLINE_NEVER. */
struct timespec *deadline_left(deadline when, struct timespec *left);

/*
 * Waits until poll(2) reports one of `events` (or an error or hang-up, which
 * the next read or write will name) on `fd`.  A readable `cancel_fd` ends the
 * wait early; -1 means there is none.
 *
 * Returns 1 when `fd` is ready, or -1 with errno: ETIMEDOUT when the deadline
 * passed first, ECANCELED for `cancel_fd`, else as poll(2).  EINTR is handled.
 */
int deadline_wait(int fd, short events, deadline when, int cancel_fd);

#endif
