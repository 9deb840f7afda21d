/*
 * What sources owe: a bounded table with a point in time for each, forgotten
 * once that has passed.
 *
 * Both limits that depend on time are debts.  A connection costs a fraction of
 * a second, a failed handshake costs seconds (admission.c), and time pays them
 * off, so that a source which behaves takes no memory.
 *
 * The table is full of strangers when it matters, so it has no hash to attack,
 * and its overflow is permissive: the debt that would be paid first is let off
 * early to make room, which costs the least of what is known.  The other way,
 * refusing everybody while the table is full, would hand whoever has many
 * addresses the means to shut the service (sshd_config(5), PerSourcePenalties,
 * has both and the same default).  IPv4 and IPv6 have room of their own: a /32
 * has four thousand million /64s, which must not push out IPv4's debts.
 */
#ifndef PINGTLS_DEBTS_H
#define PINGTLS_DEBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

/*
 * Sources in debt at once, for each of IPv4 and IPv6: a quarter of OpenSSH's
 * 65536, and about 2 MiB for each table if they ever were as many.
 */
#define DEBTS_MAX 16384

struct debt {
	int64_t until; /* deadline_now(): when it is paid */
	bool marked;   /* the caller's, false in a new one */
};

struct debts;

/* Room for `most` IPv4 sources, and as many IPv6.  Returns NULL with errno. */
struct debts *debts_new(size_t most);

/* NULL is allowed. */
void debts_free(struct debts *);

/*
 * What `source`, which must be known, owes at the time `now`: one that owes
 * nothing owes until now.  Times never go back from one call to the next.
 */
struct debt debts_get(struct debts *, const struct source *, int64_t now);

/*
 * Notes what `source` owes from now on, which must be until later than the last
 * `now`.  It goes unnoted if the table is full of debts that last longer, and
 * out of memory: the listener has to go on.
 */
void debts_set(struct debts *, const struct source *, const struct debt *);

/* Sources that are in the table at the time `now`. */
size_t debts_count(struct debts *, int64_t now);

#endif
