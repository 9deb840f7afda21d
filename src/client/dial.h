/*
 * Connecting to a host with several addresses.
 */
#ifndef PINGTLS_DIAL_H
#define PINGTLS_DIAL_H

#include <stddef.h>

#include "client/resolve.h"

/*
 * Tries the addresses one after another until one accepts the connection, or
 * `cancel_fd` is readable (deadline_wait()).  Each gets at most `timeout_ms`,
 * and an equal share of the time until `when`, in which the conversation after
 * the connection counts as one more.
 *
 * Returns a non-blocking socket, with its address in `found`; or -1 with errno
 * (of the last one tried; ECANCELED for `cancel_fd`) and one line in `why`
 * that names each address and its cause, or that it was not tried.
 */
int dial_connect(const struct resolution *, int64_t timeout_ms, deadline when,
    int cancel_fd, const struct resolved_address **found, char *why,
    size_t size);

#endif
