/*
 * The rate of new connections from each source.
 *
 * A token is kept as the time it takes to come back, and a source as the time
 * at which its bucket is full again (the "generic cell rate algorithm" of ITU-T
 * I.371): one number, and none for a bucket that is full.
 */
#include "limits/rates.h"

#include <stdlib.h>

#include "limits/debts.h"

struct rates {
	int64_t token;  /* nanoseconds until it is back */
	int64_t bucket; /* of the whole burst */
	struct debts *debts;
};

struct rates *
rates_new(unsigned long per_second, unsigned long burst)
{
	struct rates *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->token = INT64_C(1000000000) / (int64_t)per_second;
	r->bucket = r->token * (int64_t)burst;
	r->debts = debts_new(DEBTS_MAX);
	if (r->debts == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
rates_free(struct rates *r)
{
	if (r == NULL)
		return;
	debts_free(r->debts);
	free(r);
}

bool
rates_take(struct rates *r, const struct source *source, int64_t now)
{
	struct debt debt;

	if (!source->known)
		return true;
	debt = debts_get(r->debts, source, now);
	debt.until += r->token;
	if (debt.until - now > r->bucket)
		return false;
	debts_set(r->debts, source, &debt);
	return true;
}
