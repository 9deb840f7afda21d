/*
 * A bounded table of expiry times by source, for rates and penalties
 * (admission.c).  An entry is a debt that is paid when its time has come and
 * then forgotten, so a well-behaved source takes no memory.
 *
 * The table must withstand attack, so it is a balanced tree, not a hash table.
 * When it is full, the entry that would expire first is dropped, which loses
 * the least.  Refusing new sources instead would let an attacker with many
 * addresses shut out everyone (PerSourcePenalties in sshd_config(5) offers both
 * and has the same default).  IPv4 and IPv6 have separate tables: the 2^32 /64s
 * of an IPv6 /32 must not displace entries of IPv4.
 */
#ifndef PINGTLS_DEBTS_H
#define PINGTLS_DEBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

/*
 * The capacity for each of IPv4 and IPv6: a quarter of OpenSSH's 65536.  A full
 * table takes about 2 MiB.
 */
#define DEBTS_MAX 16384

struct debt {
	int64_t until; /* when it is paid (deadline_now()) */
	bool marked;   /* for the caller's use; false in a new debt */
};

struct debts;

/* For up to `most` sources each of IPv4 and IPv6.  Returns NULL with errno. */
struct debts *debts_new(size_t most);

/* NULL is allowed. */
void debts_free(struct debts *);

/*
 * The debt of `source`, which must be known, at the time `now`, or a new one
 * with `until` equal to `now`.  `now` must not decrease from call to call.
 */
struct debt debts_get(struct debts *, const struct source *, int64_t now);

/*
 * Sets the debt of `source`, which must end later than the last `now`.  Has no
 * effect if the table is full of debts that end later or memory is exhausted:
 * the listener has to go on.
 */
void debts_set(struct debts *, const struct source *, const struct debt *);

/* The number of sources in the table at the time `now`. */
size_t debts_count(struct debts *, int64_t now);

#endif
