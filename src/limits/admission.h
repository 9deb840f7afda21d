/*
 * Limits on what one source address, and all of them, may take: sessions at
 * once, new connections in a second, and handshakes that fail.
 *
 * A connection first arrives (admission_arrive: does its source behave?) and is
 * then admitted (admission_admit: is there room for a session?).
 */
#ifndef PINGTLS_ADMISSION_H
#define PINGTLS_ADMISSION_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/networks.h"
#include "base/source.h"

enum admission_verdict {
	ADMISSION_ADMITTED,
	ADMISSION_TOO_MANY,
	ADMISSION_TOO_MANY_FROM_SOURCE,
	ADMISSION_TOO_FAST,  /* more connections in a second than it may make */
	ADMISSION_PENALISED, /* for what it did before */
};

struct admission;

/* A microsecond for each connection: beyond what any machine accepts. */
#define ADMISSION_RATE_MOST 1000000

/*
 * Room for `max_sessions`, of which one source may have `max_per_source`.
 * Returns NULL with errno.
 */
struct admission *admission_new(
    unsigned long max_sessions, unsigned long max_per_source);

/* NULL is allowed. */
void admission_free(struct admission *);

/*
 * From now on a source may make `per_second` connections in a second, and
 * `burst` at once, both from 1 to ADMISSION_RATE_MOST: a token bucket.  Without
 * this call any number.  Returns 0, or -1 with errno.
 */
int admission_set_rate(
    struct admission *, unsigned long per_second, unsigned long burst);

/*
 * From now on admission_penalise() has a meaning, that of PerSourcePenalties in
 * sshd_config(5).  Each offence adds to the penalty of its source, and time
 * takes off.  Up to `min_ms` milliseconds nothing happens: everyone's handshake
 * fails some day.  Once it is more the source is refused, and stays so until
 * all of it has passed.  It is never more than `max_ms`, so no one is locked
 * out for good, and being refused adds nothing.
 *
 * The networks in `exempt`, which must outlive it, get none; NULL: no one is
 * exempt.  Returns 0, or -1 with errno.
 */
int admission_set_penalties(struct admission *, int64_t min_ms, int64_t max_ms,
    const struct networks *exempt);

/*
 * Whether a connection from `address` at the time `now` (deadline_now()) may
 * be looked at: ADMISSION_ADMITTED, ADMISSION_TOO_FAST or ADMISSION_PENALISED.
 * One that is refused does not count towards the rate.  Nothing is to be
 * released.
 */
enum admission_verdict admission_arrive(
    struct admission *, const struct sockaddr *address, int64_t now);

/*
 * Adds `ms` milliseconds to the penalty of whoever is at `address`.  Returns
 * the milliseconds for which connections from there are refused if they were
 * not until now, so that it can be logged, or 0.
 */
int64_t admission_penalise(struct admission *, const struct sockaddr *address,
    int64_t ms, int64_t now);

/*
 * Counts a session from `source` in, if it may be; each that was admitted must
 * be released once.  Out of memory counts as too many.
 */
enum admission_verdict admission_admit(
    struct admission *, const struct source *);
void admission_release(struct admission *, const struct source *);

/* Sessions now. */
unsigned long admission_count(const struct admission *);

#endif
