/*
 * Deadlines, and waiting for a descriptor until one.
 *
 * A deadline is an absolute time on CLOCK_MONOTONIC, and all waits of an
 * operation share it.  A timeout for each wait would start anew with every
 * octet, so a peer that sends one at a time could prolong the operation at
 * will.
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

/* The same, counted from `now`. */
deadline deadline_after(int64_t now, int64_t ms);

/* The earlier of the two. */
deadline deadline_earlier(deadline a, deadline b);

/* The timeout to give ppoll(2) so that it returns at `when`: `left`, set to the
 * time that remains, 0 if none does; or NULL for DEADLINE_NEVER. */
struct timespec *deadline_left(deadline when, struct timespec *left);

/*
 * Waits until poll(2) reports one of `events` on `fd`, or an error or hang-up,
 * which the next read or write will return.  The wait also ends when
 * `cancel_fd`, unless it is -1, becomes readable.  EINTR is handled.
 *
 * Returns 1 when `fd` is ready, or -1 with errno: ETIMEDOUT if the deadline
 * passed, ECANCELED if `cancel_fd` became readable, else as poll(2).
 */
int deadline_wait(int fd, short events, deadline when, int cancel_fd);

#endif
