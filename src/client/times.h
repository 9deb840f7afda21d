/*
 * Times that were measured, summed up as ping(8) does it.
 */
#ifndef PINGTLS_TIMES_H
#define PINGTLS_TIMES_H

#include <stdint.h>

/* In nanoseconds. */
struct times {
	uint64_t count;
	int64_t min, max;
	double sum, sum_of_squares;
};

void times_add(struct times *, int64_t ns);

/* The mean, and the standard deviation of the population, as ping(8) has it; 0
 * where there are none. */
double times_mean(const struct times *);
double times_deviation(const struct times *);

#endif
