/*
 * Samples of measured times, kept for percentiles.
 */
#ifndef PINGTLS_SAMPLES_H
#define PINGTLS_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "client/times.h"

/* The maximum kept: one a second for a week.  With more, percentiles are
 * unknown. */
#define SAMPLES_KEPT_MAX 604800

/* Initially zero. */
struct samples {
	struct times times; /* of all, kept or not */
	int64_t *kept;
	size_t room;
	bool incomplete; /* some were not kept: too many, or out of memory */
};

/* Adds a time in nanoseconds. */
void samples_add(struct samples *, int64_t ns);

/* Frees the samples. */
void samples_clear(struct samples *);

/*
 * Computes the exact percentile by nearest rank.  Returns false if there are
 * too few samples to distinguish it from the maximum: fewer than 2 for 50, 10
 * for 90, 100 for 99.  Sorts the samples.
 */
bool samples_percentile(struct samples *, unsigned int percent, int64_t *ns);

#endif
