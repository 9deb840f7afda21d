#include "base/histogram.h"

#include <inttypes.h>

static const double bounds[HISTOGRAM_BUCKETS] = HISTOGRAM_BOUNDS;

void
histogram_add(struct histogram *h, int64_t ns)
{
	double seconds = (double)ns / 1e9;
	size_t i = 0;

	while (i < HISTOGRAM_BUCKETS && seconds > bounds[i])
		i++;
	if (i < HISTOGRAM_BUCKETS)
		h->buckets[i]++;
	else
		h->beyond++;
	h->sum += seconds;
}

void
histogram_print(
    const struct histogram *h, const char *name, const char *help, FILE *file)
{
	uint64_t count = 0;

	fprintf(file, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		count += h->buckets[i];
		fprintf(file, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    bounds[i], count);
	}
	count += h->beyond;
	fprintf(file, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	fprintf(file, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name, h->sum, name,
	    count);
}
