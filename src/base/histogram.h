/*
 * A histogram of durations, in the form of Prometheus.
 */
#ifndef PINGTLS_HISTOGRAM_H
#define PINGTLS_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

/* Upper bounds in seconds: from a round trip on the loopback interface to an
 * idle session. */
#define HISTOGRAM_BOUNDS \
	{ \
		0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, \
		    2.5, 5, 10, 60, 600 \
	}
#define HISTOGRAM_BUCKETS 15

struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS]; /* not cumulative */
	uint64_t beyond;                     /* above the last bound */
	double sum;                          /* seconds */
};

/* Adds a duration in nanoseconds. */
void histogram_add(struct histogram *, int64_t ns);

/* Prints the metric `name` and its `help` in Prometheus's text format. */
void histogram_print(
    const struct histogram *, const char *name, const char *help, FILE *file);

#endif
