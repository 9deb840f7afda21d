/*
 * A tree finds an entry by its source, a heap the one that expires first.
 */
#include "listener/debts.h"

#include <errno.h>
#include <search.h>

#include "base/dontfork.h"

struct debtor {
	struct source source; /* first: the key of the tree */
	struct debt debt;
	size_t place; /* in the heap */
};

struct table {
	void *tree;           /* tsearch(3), by source */
	struct debtor **heap; /* by time: each before its two children, of i
	                        at 2i+1 and 2i+2 */
	size_t count;
};

struct debts {
	size_t most; /* in each */
	struct dontfork_pool *debtors;
	struct table ipv4, ipv6;
};

static void
place_at(struct table *t, size_t place, struct debtor *e)
{
	t->heap[place] = e;
	e->place = place;
}

/* Restores the order of the heap after the time of `e` has changed. */
static void
sift(struct table *t, struct debtor *e)
{
	size_t place = e->place, parent, child;

	while (place > 0) {
		parent = (place - 1) / 2;
		if (t->heap[parent]->debt.until <= e->debt.until)
			break;
		place_at(t, place, t->heap[parent]);
		place = parent;
	}
	while ((child = 2 * place + 1) < t->count) {
		if (child + 1 < t->count &&
		    t->heap[child + 1]->debt.until < t->heap[child]->debt.until)
			child++;
		if (t->heap[child]->debt.until >= e->debt.until)
			break;
		place_at(t, place, t->heap[child]);
		place = child;
	}
	place_at(t, place, e);
}

static void
forget_first(struct debts *d, struct table *t)
{
	struct debtor *first = t->heap[0], *last = t->heap[--t->count];

	if (first != last) {
		place_at(t, 0, last);
		sift(t, last);
	}
	tdelete(first, &t->tree, source_compare);
	dontfork_pool_give(d->debtors, first);
}

static void
forget_paid(struct debts *d, struct table *t, int64_t now)
{
	while (t->count > 0 && t->heap[0]->debt.until <= now)
		forget_first(d, t);
}

/* Octets 10 and 11 are 0xff in an IPv4-mapped address, and 0 in a /64 or a
 * wider network. */
static struct table *
table_of(struct debts *d, const struct source *source)
{
	return source->octets[10] == 0xff ? &d->ipv4 : &d->ipv6;
}

struct debts *
debts_new(size_t most)
{
	struct debts *d = dontfork_new(sizeof(*d));

	if (d == NULL)
		return NULL;
	d->most = most;
	d->debtors = dontfork_pool_new(sizeof(struct debtor), 2 * most);
	d->ipv4.heap = dontfork_new(most * sizeof(*d->ipv4.heap));
	d->ipv6.heap = dontfork_new(most * sizeof(*d->ipv6.heap));
	if (d->debtors == NULL || d->ipv4.heap == NULL ||
	    d->ipv6.heap == NULL) {
		debts_free(d);
		errno = ENOMEM;
		return NULL;
	}
	return d;
}

/* Debtors go with their pool. */
static void
keep_debtor(void *debtor)
{
	(void)debtor;
}

void
debts_free(struct debts *d)
{
	if (d == NULL)
		return;
	tdestroy(d->ipv4.tree, keep_debtor);
	tdestroy(d->ipv6.tree, keep_debtor);
	dontfork_pool_free(d->debtors);
	dontfork_free(d->ipv4.heap, d->most * sizeof(*d->ipv4.heap));
	dontfork_free(d->ipv6.heap, d->most * sizeof(*d->ipv6.heap));
	dontfork_free(d, sizeof(*d));
}

struct debt
debts_get(struct debts *d, const struct source *source, int64_t now)
{
	struct table *t = table_of(d, source);
	struct debtor **found;

	forget_paid(d, t, now);
	found = tfind(source, &t->tree, source_compare);
	return found != NULL ? (*found)->debt : (struct debt){.until = now};
}

void
debts_set(struct debts *d, const struct source *source, const struct debt *debt)
{
	struct table *t = table_of(d, source);
	struct debtor **found = tfind(source, &t->tree, source_compare), *e;

	if (found != NULL) {
		(*found)->debt = *debt;
		sift(t, *found);
		return;
	}
	if (t->count == d->most) {
		if (debt->until <= t->heap[0]->debt.until)
			return; /* this one would expire first */
		forget_first(d, t);
	}
	e = dontfork_pool_take(d->debtors);
	if (e == NULL)
		return;
	e->source = *source;
	e->debt = *debt;
	if (tsearch(e, &t->tree, source_compare) == NULL) {
		dontfork_pool_give(d->debtors, e);
		return;
	}
	place_at(t, t->count++, e);
	sift(t, e);
}

size_t
debts_count(struct debts *d, int64_t now)
{
	forget_paid(d, &d->ipv4, now);
	forget_paid(d, &d->ipv6, now);
	return d->ipv4.count + d->ipv6.count;
}
