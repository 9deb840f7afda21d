/*
 * Penalties for sources that misbehave: time for which they are refused.
 *
 * As PerSourcePenalties of sshd_config(5), from which the rules are taken.
 * Each offence adds to the penalty of its source, and time takes off.  As long
 * as little has come together nothing happens: everyone's handshake fails some
 * day.  Once it is more than the minimum the source is refused, and stays so
 * until all of it has passed.  It is never more than the maximum, so no one is
 * locked out for good, and being refused adds nothing.
 */
#ifndef PINGTLS_PENALTIES_H
#define PINGTLS_PENALTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct penalties;

/*
 * With a minimum and a maximum in milliseconds, and room for `most` sources of
 * IPv4 and as many of IPv6 (DEBTS_MAX; see debts.h for what happens beyond).
 * Returns NULL with errno.
 */
struct penalties *penalties_new(int64_t min_ms, int64_t max_ms, size_t most);

/* NULL is allowed. */
void penalties_free(struct penalties *);

/*
 * Adds `ms` milliseconds to the penalty of `source` at the time `now`
 * (deadline_now(), never going back).  A source that is not known has none.
 *
 * Returns the milliseconds for which the source is refused if it was not until
 * now, so that it can be logged, or 0.
 */
int64_t penalties_add(
    struct penalties *, const struct source *, int64_t ms, int64_t now);

/* Whether `source` is refused at the time `now`. */
bool penalties_refuse(struct penalties *, const struct source *, int64_t now);

/* Sources with a penalty at the time `now`, refused or not. */
size_t penalties_count(struct penalties *, int64_t now);

#endif
