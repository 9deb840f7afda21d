/*
 * Statistics of measured times, as in ping(8).
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

/* The mean and the population standard deviation; 0 without times. */
double times_mean(const struct times *);
double times_deviation(const struct times *);

#endif
