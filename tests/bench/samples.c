/*
 * Measured times.
 */
#include "samples.h"

#include <stdlib.h>
#include <time.h>

int64_t
samples_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
samples_add(struct samples *s, int64_t ns)
{
	if (s->count == s->room) {
		s->room = s->room == 0 ? 1024 : 2 * s->room;
		s->ns = realloc(s->ns, s->room * sizeof(*s->ns));
		if (s->ns == NULL) {
			perror("samples");
			exit(EXIT_FAILURE);
		}
	}
	s->ns[s->count++] = ns;
}

void
samples_append(struct samples *s, const struct samples *others)
{
	for (size_t i = 0; i < others->count; i++)
		samples_add(s, others->ns[i]);
}

void
samples_free(struct samples *s)
{
	free(s->ns);
	*s = (struct samples){0};
}

static int
by_time(const void *left, const void *right)
{
	const int64_t *l = left, *r = right;

	return (*l > *r) - (*l < *r);
}

/* The nearest rank. */
static double
percentile_us(const struct samples *s, size_t percent)
{
	size_t rank = (s->count * percent + 99) / 100;

	return (double)s->ns[rank - 1] / 1e3;
}

void
samples_print(FILE *out, struct samples *s)
{
	if (s->count == 0) {
		fputs("null", out);
		return;
	}
	qsort(s->ns, s->count, sizeof(*s->ns), by_time);
	fprintf(out, "{\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}",
	    percentile_us(s, 50), percentile_us(s, 99), percentile_us(s, 100));
}
