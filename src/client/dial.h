/*
 * A connection to one of a host's addresses.
 */
#ifndef PINGTLS_DIAL_H
#define PINGTLS_DIAL_H

#include <stddef.h>

#include "client/resolve.h"

/*
 * Connects to the first of the addresses that answers, one after another, until
 * `cancel_fd` is readable (deadline_wait()).  Each has `timeout_ms` at most,
 * and of the time until `when` so much that each behind it, and what follows
 * the connection, has as much.
 *
 * Returns a non-blocking socket, with its address in `found`; or -1 with errno
 * (of the last that was tried; ECANCELED for `cancel_fd`) and one line in `why`
 * that names each address and its cause, or that it was not tried.
 */
int dial_connect(const struct resolution *, int64_t timeout_ms, deadline when,
    int cancel_fd, const struct resolved_address **found, char *why,
    size_t size);

#endif
