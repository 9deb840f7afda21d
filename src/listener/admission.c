/*
 * The limits that depend on time are kept as debts (debts.h).  A token bucket
 * is stored as the time at which it will be full again, and each connection
 * moves that time by one token (the generic cell rate algorithm of ITU-T
 * I.371).  A penalty is stored as the time at which it ends.
 */
#include "listener/admission.h"

#include <search.h>
#include <stdbool.h>

#include "base/dontfork.h"
#include "listener/debts.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

struct admission {
	struct source_prefix prefix;
	unsigned long max_sessions, max_per_source;
	unsigned long sessions;
	struct dontfork_pool *tallies;
	void *sources;           /* tsearch(3) tree of struct tally */
	struct debts *rates;     /* NULL: not limited */
	int64_t token, bucket;   /* nanoseconds per connection, per burst */
	struct debts *penalties; /* NULL: disabled; marked: refused */
	int64_t min, max;        /* nanoseconds */
	const struct networks *exempt;
};

/* A source with at least one session. */
struct tally {
	struct source source; /* first: the key of the tree */
	unsigned long sessions;
};

struct admission *
admission_new(unsigned long max_sessions, unsigned long max_per_source)
{
	struct admission *l = dontfork_new(sizeof(*l));

	if (l == NULL)
		return NULL;
	l->prefix = (struct source_prefix){SOURCE_IPV4_MOST, SOURCE_IPV6_MOST};
	l->max_sessions = max_sessions;
	l->max_per_source = max_per_source;
	l->tallies = dontfork_pool_new(sizeof(struct tally), max_sessions);
	if (l->tallies != NULL)
		return l;
	dontfork_free(l, sizeof(*l));
	return NULL;
}

/* Tallies go with their pool. */
static void
keep_tally(void *tally)
{
	(void)tally;
}

void
admission_free(struct admission *l)
{
	if (l == NULL)
		return;
	tdestroy(l->sources, keep_tally);
	dontfork_pool_free(l->tallies);
	debts_free(l->rates);
	debts_free(l->penalties);
	dontfork_free(l, sizeof(*l));
}

void
admission_set_prefix(struct admission *l, const struct source_prefix *prefix)
{
	l->prefix = *prefix;
}

struct source
admission_source(const struct admission *l, const struct sockaddr *address)
{
	return source_of(address, &l->prefix);
}

int
admission_set_rate(
    struct admission *l, unsigned long per_second, unsigned long burst)
{
	debts_free(l->rates);
	l->token = NS_PER_S / (int64_t)per_second;
	l->bucket = l->token * (int64_t)burst;
	l->rates = debts_new(DEBTS_MAX);
	return l->rates == NULL ? -1 : 0;
}

int
admission_set_penalties(struct admission *l, int64_t min_ms, int64_t max_ms,
    const struct networks *exempt)
{
	debts_free(l->penalties);
	l->exempt = exempt;
	l->min = min_ms * NS_PER_MS;
	l->max = max_ms * NS_PER_MS;
	l->penalties = debts_new(DEBTS_MAX);
	return l->penalties == NULL ? -1 : 0;
}

/* Takes a token of `source`.  Returns false, and takes none, if the bucket is
 * empty. */
static bool
take_token(struct admission *l, const struct source *source, int64_t now)
{
	struct debt debt = debts_get(l->rates, source, now);

	debt.until += l->token;
	if (debt.until - now > l->bucket)
		return false;
	debts_set(l->rates, source, &debt);
	return true;
}

enum admission_verdict
admission_arrive(
    struct admission *l, const struct sockaddr *address, int64_t now)
{
	struct source source = admission_source(l, address);

	if (!source.known)
		return ADMISSION_ADMITTED;
	if (l->penalties != NULL &&
	    debts_get(l->penalties, &source, now).marked &&
	    !networks_match(l->exempt, address))
		return ADMISSION_PENALISED;
	if (l->rates != NULL && !take_token(l, &source, now))
		return ADMISSION_TOO_FAST;
	return ADMISSION_ADMITTED;
}

int64_t
admission_penalise(struct admission *l, const struct sockaddr *address,
    int64_t ms, int64_t now)
{
	struct source source = admission_source(l, address);
	struct debt debt;
	bool refused;

	if (l->penalties == NULL || !source.known || ms <= 0 ||
	    networks_match(l->exempt, address))
		return 0;
	debt = debts_get(l->penalties, &source, now);
	refused = debt.marked;
	debt.until += ms * NS_PER_MS;
	if (debt.until > now + l->max)
		debt.until = now + l->max;
	if (debt.until - now > l->min)
		debt.marked = true;
	debts_set(l->penalties, &source, &debt);
	return debt.marked && !refused ? (debt.until - now) / NS_PER_MS : 0;
}

/* Counts a session of a source that has `*tally`, or NULL: none yet.  Returns
 * false if memory is out. */
static bool
count(struct admission *l, const struct source *source, struct tally *tally)
{
	if (tally == NULL) {
		tally = dontfork_pool_take(l->tallies);
		if (tally == NULL)
			return false;
		tally->source = *source;
		if (tsearch(tally, &l->sources, source_compare) == NULL) {
			dontfork_pool_give(l->tallies, tally);
			return false;
		}
	}
	tally->sessions++;
	return true;
}

enum admission_verdict
admission_admit(struct admission *l, const struct source *source)
{
	struct tally **found, *tally = NULL;

	if (source->known) {
		found = tfind(source, &l->sources, source_compare);
		if (found != NULL)
			tally = *found;
	}
	/* First: a source that has enough is to make no one give way. */
	if (tally != NULL && tally->sessions >= l->max_per_source)
		return ADMISSION_TOO_MANY_FROM_SOURCE;
	if (l->sessions >= l->max_sessions ||
	    (source->known && !count(l, source, tally)))
		return ADMISSION_TOO_MANY;
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
		dontfork_pool_give(l->tallies, tally);
	}
}

unsigned long
admission_count(const struct admission *l)
{
	return l->sessions;
}
