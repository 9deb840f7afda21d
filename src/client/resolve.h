/*
 * Look-ups of addresses and TLSA records that can be given up.
 */
#ifndef PINGTLS_RESOLVE_H
#define PINGTLS_RESOLVE_H

#include "client/resolver.h"

#define RESOLVE_WHY_MAX 256

/* A look-up. */
struct look_up {
	struct resolvers *resolvers; /* to ask, and to be kept among */
	struct resolution found;
	struct dane_answer *dane; /* if TLSA records were asked for */
	struct resolver resolver;
	int fd;     /* to poll for POLLIN while it is under way; else -1 */
	size_t got; /* octets of the answer */
	char why[RESOLVE_WHY_MAX]; /* if it failed */
};

/*
 * Begins a look-up; the answer about TLSA records goes to `dane`, which is NULL
 * if they are not asked for.  The resolvers must outlive it.  resolve_end()
 * comes after it in any case.
 *
 * Returns 1 when the addresses have been found, which may be at once; 0 while
 * it is under way, then resolve_continue() when `fd` is readable; or -1 with
 * the cause in `why`.
 */
int resolve_begin(struct look_up *, struct resolvers *,
    const struct resolver_question *, struct dane_answer *dane);
int resolve_continue(struct look_up *);

/* Frees what the look-up has, and gives it up if it is under way. */
void resolve_end(struct look_up *);

#endif
