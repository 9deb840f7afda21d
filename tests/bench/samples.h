/*
 * Measured times: a growing list, and what is said of it.
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct samples {
	int64_t *ns;
	size_t count, room;
};

/* Nanoseconds since some moment in the past. */
int64_t samples_now(void);

/* Ends the program when memory is out. */
void samples_add(struct samples *, int64_t ns);
void samples_append(struct samples *, const struct samples *others);
void samples_free(struct samples *);

/* Prints {"p50":...,"p99":...,"max":...} in microseconds, or null when there
 * are none.  Sorts them. */
void samples_print(FILE *, struct samples *);

#endif
