#include "client/times.h"

#include <math.h>

void
times_add(struct times *t, int64_t ns)
{
	if (t->count == 0 || ns < t->min)
		t->min = ns;
	if (t->count == 0 || ns > t->max)
		t->max = ns;
	t->count++;
	t->sum += (double)ns;
	t->sum_of_squares += (double)ns * (double)ns;
}

double
times_mean(const struct times *t)
{
	return t->count == 0 ? 0 : t->sum / (double)t->count;
}

double
times_deviation(const struct times *t)
{
	double mean = times_mean(t), variance;

	if (t->count == 0)
		return 0;
	variance = t->sum_of_squares / (double)t->count - mean * mean;
	/* Rounding may make it negative. */
	return variance > 0 ? sqrt(variance) : 0;
}
