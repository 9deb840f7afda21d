/*
 * Limits on what one source address, and all of them, may take.
 */
#include "limits/admission.h"

#include <search.h>
#include <stdlib.h>

#include "base/dontfork.h"
#include "limits/debts.h"
#include "limits/penalties.h"
#include "limits/rates.h"

struct admission {
	unsigned long max_sessions, max_per_source;
	unsigned long sessions;
	void *sources;               /* tsearch(3) tree of struct tally */
	struct rates *rates;         /* NULL: no limit */
	struct penalties *penalties; /* NULL: none */
	const struct networks *exempt;
};

/* A source with at least one session. */
struct tally {
	struct source source; /* first, so that a source can look itself up */
	unsigned long sessions;
};

struct admission *
admission_new(unsigned long max_sessions, unsigned long max_per_source)
{
	struct admission *l = dontfork_new(sizeof(*l));

	if (l != NULL) {
		l->max_sessions = max_sessions;
		l->max_per_source = max_per_source;
	}
	return l;
}

void
admission_free(struct admission *l)
{
	if (l == NULL)
		return;
	tdestroy(l->sources, free);
	rates_free(l->rates);
	penalties_free(l->penalties);
	dontfork_free(l, sizeof(*l));
}

int
admission_set_rate(
    struct admission *l, unsigned long per_second, unsigned long burst)
{
	rates_free(l->rates);
	l->rates = rates_new(per_second, burst);
	return l->rates == NULL ? -1 : 0;
}

int
admission_set_penalties(struct admission *l, int64_t min_ms, int64_t max_ms,
    const struct networks *exempt)
{
	penalties_free(l->penalties);
	l->exempt = exempt;
	l->penalties = penalties_new(min_ms, max_ms, DEBTS_MAX);
	return l->penalties == NULL ? -1 : 0;
}

enum admission_verdict
admission_arrive(
    struct admission *l, const struct sockaddr *address, int64_t now)
{
	struct source source = source_of(address);

	if (l->penalties != NULL &&
	    penalties_refuse(l->penalties, &source, now) &&
	    !networks_match(l->exempt, address))
		return ADMISSION_PENALISED;
	if (l->rates != NULL && !rates_take(l->rates, &source, now))
		return ADMISSION_TOO_FAST;
	return ADMISSION_ADMITTED;
}

int64_t
admission_penalise(struct admission *l, const struct sockaddr *address,
    int64_t ms, int64_t now)
{
	struct source source = source_of(address);

	if (l->penalties == NULL || networks_match(l->exempt, address))
		return 0;
	return penalties_add(l->penalties, &source, ms, now);
}

enum admission_verdict
admission_admit(struct admission *l, const struct source *source)
{
	struct tally **found, *tally;

	if (l->sessions >= l->max_sessions)
		return ADMISSION_TOO_MANY;
	if (source->known) {
		found = tfind(source, &l->sources, source_compare);
		if (found != NULL) {
			if ((*found)->sessions >= l->max_per_source)
				return ADMISSION_TOO_MANY_FROM_SOURCE;
			(*found)->sessions++;
		} else {
			tally = malloc(sizeof(*tally));
			if (tally == NULL)
				return ADMISSION_TOO_MANY;
			tally->source = *source;
			tally->sessions = 1;
			if (tsearch(tally, &l->sources, source_compare) ==
			    NULL) {
				free(tally);
				return ADMISSION_TOO_MANY;
			}
		}
	}
	l->sessions++;
	return ADMISSION_ADMITTED;
}

void
admission_release(struct admission *l, const struct source *source)
{
	struct tally **found, *tally;

	l->sessions--;
	if (!source->known)
		return;
	found = tfind(source, &l->sources, source_compare);
	if (found == NULL)
		return;
	tally = *found;
	if (--tally->sessions == 0) {
		tdelete(source, &l->sources, source_compare);
		free(tally);
	}
}

unsigned long
admission_count(const struct admission *l)
{
	return l->sessions;
}
