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
	struct admission *a = dontfork_new(sizeof(*a));

	if (a == NULL)
		return NULL;
	a->prefix = (struct source_prefix){SOURCE_IPV4_MOST, SOURCE_IPV6_MOST};
	a->max_sessions = max_sessions;
	a->max_per_source = max_per_source;
	a->tallies = dontfork_pool_new(sizeof(struct tally), max_sessions);
	if (a->tallies != NULL)
		return a;
	dontfork_free(a, sizeof(*a));
	return NULL;
}

/* Tallies go with their pool. */
static void
keep_tally(void *tally)
{
	(void)tally;
}

void
admission_free(struct admission *a)
{
	if (a == NULL)
		return;
	tdestroy(a->sources, keep_tally);
	dontfork_pool_free(a->tallies);
	debts_free(a->rates);
	debts_free(a->penalties);
	dontfork_free(a, sizeof(*a));
}

void
admission_set_prefix(struct admission *a, const struct source_prefix *prefix)
{
	a->prefix = *prefix;
}

struct source
admission_source(const struct admission *a, const struct sockaddr *address)
{
	return source_of(address, &a->prefix);
}

int
admission_set_rate(
    struct admission *a, unsigned long per_second, unsigned long burst)
{
	debts_free(a->rates);
	a->token = NS_PER_S / (int64_t)per_second;
	a->bucket = a->token * (int64_t)burst;
	a->rates = debts_new(DEBTS_MAX);
	return a->rates == NULL ? -1 : 0;
}

int
admission_set_penalties(struct admission *a, int64_t min_ms, int64_t max_ms,
    const struct networks *exempt)
{
	debts_free(a->penalties);
	a->exempt = exempt;
	a->min = min_ms * NS_PER_MS;
	a->max = max_ms * NS_PER_MS;
	a->penalties = debts_new(DEBTS_MAX);
	return a->penalties == NULL ? -1 : 0;
}

/* Takes a token of `source`.  Returns false, and takes none, if the bucket is
 * empty. */
static bool
take_token(struct admission *a, const struct source *source, int64_t now)
{
	struct debt debt = debts_get(a->rates, source, now);

	debt.until += a->token;
	if (debt.until - now > a->bucket)
		return false;
	debts_set(a->rates, source, &debt);
	return true;
}

enum admission_verdict
admission_arrive(
    struct admission *a, const struct sockaddr *address, int64_t now)
{
	struct source source = admission_source(a, address);

	if (!source.known)
		return ADMISSION_ADMITTED;
	if (a->penalties != NULL &&
	    debts_get(a->penalties, &source, now).marked &&
	    !networks_match(a->exempt, address))
		return ADMISSION_PENALISED;
	if (a->rates != NULL && !take_token(a, &source, now))
		return ADMISSION_TOO_FAST;
	return ADMISSION_ADMITTED;
}

int64_t
admission_penalise(struct admission *a, const struct sockaddr *address,
    int64_t ms, int64_t now)
{
	struct source source = admission_source(a, address);
	struct debt debt;
	bool refused;

	if (a->penalties == NULL || !source.known || ms <= 0 ||
	    networks_match(a->exempt, address))
		return 0;
	debt = debts_get(a->penalties, &source, now);
	refused = debt.marked;
	debt.until += ms * NS_PER_MS;
	if (debt.until > now + a->max)
		debt.until = now + a->max;
	if (debt.until - now > a->min)
		debt.marked = true;
	debts_set(a->penalties, &source, &debt);
	return debt.marked && !refused ? (debt.until - now) / NS_PER_MS : 0;
}

/* Counts a session of a source that has `*tally`, or NULL: none yet.  Returns
 * false if memory is out. */
static bool
count_session(
    struct admission *a, const struct source *source, struct tally *tally)
{
	if (tally == NULL) {
		tally = dontfork_pool_take(a->tallies);
		if (tally == NULL)
			return false;
		tally->source = *source;
		if (tsearch(tally, &a->sources, source_compare) == NULL) {
			dontfork_pool_give(a->tallies, tally);
			return false;
		}
	}
	tally->sessions++;
	return true;
}

enum admission_verdict
admission_admit(struct admission *a, const struct source *source)
{
	struct tally **found, *tally = NULL;

	if (source->known) {
		found = tfind(source, &a->sources, source_compare);
		if (found != NULL)
			tally = *found;
	}
	/* Checked first, so that a source that is at its own limit does not
	 * make another's session give way. */
	if (tally != NULL && tally->sessions >= a->max_per_source)
		return ADMISSION_TOO_MANY_FROM_SOURCE;
	if (a->sessions >= a->max_sessions ||
	    (source->known && !count_session(a, source, tally)))
		return ADMISSION_TOO_MANY;
	a->sessions++;
	return ADMISSION_ADMITTED;
}

void
admission_release(struct admission *a, const struct source *source)
{
	struct tally **found, *tally;

	a->sessions--;
	if (!source->known)
		return;
	found = tfind(source, &a->sources, source_compare);
	if (found == NULL)
		return;
	tally = *found;
	if (--tally->sessions == 0) {
		tdelete(source, &a->sources, source_compare);
		dontfork_pool_give(a->tallies, tally);
	}
}

unsigned long
admission_count(const struct admission *a)
{
	return a->sessions;
}
