/*
 * Admission control: limits on concurrent sessions, in all and per source, on
 * the rate of new connections per source, and penalties for sources whose
 * handshakes fail.
 *
 * A connection is checked first by admission_arrive(), for the rate and
 * penalties of its source, then by admission_admit(), for a free session.
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
	ADMISSION_TOO_FAST,  /* its source exceeds the rate */
	ADMISSION_PENALISED, /* its source is serving a penalty */
};

struct admission;

/*
 * Allows `max_sessions` sessions at a time, `max_per_source` per source.
 * Returns NULL with errno.
 */
struct admission *admission_new(
    unsigned long max_sessions, unsigned long max_per_source);

/* NULL is allowed. */
void admission_free(struct admission *);

/* Sets how large a source is.  By default it is an IPv4 address or an IPv6 /64.
 * To be called before any connection arrives. */
void admission_set_prefix(struct admission *, const struct source_prefix *);

/* The source of an address. */
struct source admission_source(
    const struct admission *, const struct sockaddr *);

/*
 * Limits the rate of each source by a token bucket: `per_second` connections a
 * second, `burst` at once.  By default the rate is not limited.  Returns 0, or
 * -1 with errno.
 */
int admission_set_rate(
    struct admission *, unsigned long per_second, unsigned long burst);

/*
 * Enables penalties, which work like PerSourcePenalties of sshd_config(5).
 * Each offence adds to the penalty of its source, which decreases with time.
 * A source is not refused until its penalty exceeds `min_ms` milliseconds, as
 * anyone's handshake may fail occasionally; it is then refused until the
 * penalty is down to 0.  Penalties never exceed `max_ms`, and refused
 * connections add none, so no source is locked out for good.
 *
 * The networks in `exempt`, which must outlive the object, are never penalised;
 * NULL: none are exempt.  Returns 0, or -1 with errno.
 */
int admission_set_penalties(struct admission *, int64_t min_ms, int64_t max_ms,
    const struct networks *exempt);

/*
 * Checks the rate and penalty of the source of a new connection at the time
 * `now` (deadline_now()).  Returns ADMISSION_ADMITTED, ADMISSION_TOO_FAST or
 * ADMISSION_PENALISED.  Refused connections do not count towards the rate.
 * There is nothing to release.
 */
enum admission_verdict admission_arrive(
    struct admission *, const struct sockaddr *address, int64_t now);

/*
 * Adds `ms` milliseconds to the penalty of the source of `address`.  If this
 * makes the source refused, returns for how many milliseconds, so that it can
 * be logged; else 0.
 */
int64_t admission_penalise(struct admission *, const struct sockaddr *address,
    int64_t ms, int64_t now);

/*
 * Counts a session of `source` if the limits allow it; an admitted session must
 * be released once.  Returns ADMISSION_TOO_MANY if memory is exhausted.
 */
enum admission_verdict admission_admit(
    struct admission *, const struct source *);
void admission_release(struct admission *, const struct source *);

/* The number of sessions now. */
unsigned long admission_count(const struct admission *);

#endif
