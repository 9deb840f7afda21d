#include "client/samples.h"

#include <stdlib.h>

/* Makes room for one more.  Returns false if that is impossible. */
static bool
grow(struct samples *s)
{
	size_t room = s->room == 0 ? 64 : 2 * s->room;
	int64_t *kept;

	if (s->times.count >= SAMPLES_KEPT_MAX)
		return false;
	if (s->times.count < s->room)
		return true;
	kept = reallocarray(s->kept, room, sizeof(*kept));
	if (kept == NULL)
		return false;
	s->kept = kept;
	s->room = room;
	return true;
}

void
samples_add(struct samples *s, int64_t ns)
{
	if (s->incomplete || !grow(s))
		s->incomplete = true;
	else
		s->kept[s->times.count] = ns;
	times_add(&s->times, ns);
}

void
samples_clear(struct samples *s)
{
	free(s->kept);
	*s = (struct samples){.kept = NULL};
}

static int
compare(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

bool
samples_percentile(struct samples *s, unsigned int percent, int64_t *ns)
{
	uint64_t count = s->times.count;

	if (s->incomplete || count == 0 || count < 100 / (100 - percent))
		return false;
	qsort(s->kept, (size_t)count, sizeof(*s->kept), compare);
	*ns = s->kept[(count * percent + 99) / 100 - 1];
	return true;
}
