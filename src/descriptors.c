/*
 * The descriptors of a process that needs few.
 */
#include "descriptors.h"

#include <unistd.h>

/* The lowest in `keep` that is at least `from`, or -1. */
static int
next(const int *keep, size_t count, int from)
{
	int lowest = -1;

	for (size_t i = 0; i < count; i++)
		if (keep[i] >= from && (lowest == -1 || keep[i] < lowest))
			lowest = keep[i];
	return lowest;
}

void
descriptors_keep(const int *keep, size_t count)
{
	int from = 3, fd;

	while ((fd = next(keep, count, from)) != -1) {
		if (fd > from)
			close_range(
			    (unsigned int)from, (unsigned int)fd - 1, 0);
		from = fd + 1;
	}
	close_range((unsigned int)from, ~0U, 0);
}
