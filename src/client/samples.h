/*
 * Measured times that are kept, for percentiles.
 */
#ifndef PINGTLS_SAMPLES_H
#define PINGTLS_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "client/times.h"

/* So many are kept: a week of one a second.  Beyond that percentiles are
 * unknown; the other figures are not. */
#define SAMPLES_KEPT_MAX 604800

/* Zero at first. */
struct samples {
	struct times times; /* of all, kept or not */
	int64_t *kept;
	size_t room;
	bool incomplete; /* not all are kept: too many, or no memory */
};

/* Adds a time in nanoseconds. */
void samples_add(struct samples *, int64_t ns);

/* Frees what it holds. */
void samples_clear(struct samples *);

/*
 * The percentile by nearest rank, exact, to `ns`.  Returns false where there
 * are too few samples to tell it from the longest: 2 for 50, 10 for 90, 100 for
 * 99.  Sorts what is kept.
 */
bool samples_percentile(struct samples *, unsigned int percent, int64_t *ns);

#endif
