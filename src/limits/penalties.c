/*
 * Penalties for sources that misbehave.
 */
#include "limits/penalties.h"

#include <stdlib.h>

#include "limits/debts.h"

#define NS_PER_MS INT64_C(1000000)

struct penalties {
	int64_t min, max;    /* nanoseconds */
	struct debts *debts; /* marked: refused */
};

struct penalties *
penalties_new(int64_t min_ms, int64_t max_ms, size_t most)
{
	struct penalties *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->min = min_ms * NS_PER_MS;
	p->max = max_ms * NS_PER_MS;
	p->debts = debts_new(most);
	if (p->debts == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
penalties_free(struct penalties *p)
{
	if (p == NULL)
		return;
	debts_free(p->debts);
	free(p);
}

int64_t
penalties_add(
    struct penalties *p, const struct source *source, int64_t ms, int64_t now)
{
	struct debt debt;
	bool refused;

	if (!source->known || ms <= 0)
		return 0;
	debt = debts_get(p->debts, source, now);
	refused = debt.marked;
	debt.until += ms * NS_PER_MS;
	if (debt.until > now + p->max)
		debt.until = now + p->max;
	if (debt.until - now > p->min)
		debt.marked = true;
	debts_set(p->debts, source, &debt);
	return debt.marked && !refused ? (debt.until - now) / NS_PER_MS : 0;
}

bool
penalties_refuse(struct penalties *p, const struct source *source, int64_t now)
{
	return source->known && debts_get(p->debts, source, now).marked;
}

size_t
penalties_count(struct penalties *p, int64_t now)
{
	return debts_count(p->debts, now);
}
