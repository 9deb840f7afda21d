/*
 * Connecting to a host with several addresses.
 */
#ifndef PINGTLS_DIAL_H
#define PINGTLS_DIAL_H

#include <stddef.h>

#include "base/deadline.h"
#include "client/resolve.h"

#define DIAL_WHY_MAX 512

/* The addresses of a host, tried one after another. */
struct dial {
	const struct resolution *to;
	uint32_t next;      /* the address that is tried, or will be */
	int fd;             /* poll it for POLLOUT; -1: none */
	deadline until;     /* of this address: then dial_continue() as well */
	int64_t timeout_ms; /* for each */
	deadline end;       /* of the conversation */
	int64_t began;      /* with this address; deadline_now() */
	int error;          /* of the last one tried: errno */
	char why[DIAL_WHY_MAX];
	size_t used; /* of `why` */
};

/*
 * Begins to connect to the addresses until one accepts the connection.  Each
 * gets at most `timeout_ms`, and an equal share of the time until `end`, in
 * which the conversation after the connection counts as one more.
 *
 * Returns 1 with the connection, which is non-blocking, in `fd` and its address
 * at `next`; 0 while it is under way, then dial_continue() when `fd` is ready
 * or `until` has passed; or -1 with `error` and a line in `why` that names each
 * address and its cause, or that it was not tried.
 */
int dial_begin(
    struct dial *, const struct resolution *, int64_t timeout_ms, deadline end);
int dial_continue(struct dial *);

/* Closes the connection, unless dial_begin() or dial_continue() returned -1. */
void dial_give_up(struct dial *);

/* The address that is tried, or that accepted. */
const struct resolved_address *dial_address(const struct dial *);

#endif
