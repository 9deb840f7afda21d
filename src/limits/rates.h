/*
 * The rate of new connections from each source: a token bucket.
 */
#ifndef PINGTLS_RATES_H
#define PINGTLS_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"

/* A microsecond for each connection: beyond what any machine accepts. */
#define RATES_MOST 1000000

struct rates;

/*
 * Each source has `burst` tokens at most, and gets `per_second` back in a
 * second; both are from 1 to RATES_MOST.  Returns NULL with errno.
 */
struct rates *rates_new(unsigned long per_second, unsigned long burst);

/* NULL is allowed. */
void rates_free(struct rates *);

/*
 * Takes a token of `source` at the time `now` (deadline_now(), never going
 * back).  Returns false if it has none left; asking costs it nothing.  A source
 * that is not known has tokens always.
 */
bool rates_take(struct rates *, const struct source *, int64_t now);

#endif
