/*
 * A connection to a host by name: every address it has is tried.
 */
#ifndef PINGTLS_DIAL_H
#define PINGTLS_DIAL_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/deadline.h"

struct addrinfo;

/*
 * Looks `host` and `port` up (getaddrinfo(3)).  Returns the list, which
 * freeaddrinfo(3) frees, or NULL with one line in `why` (`size` octets).
 */
struct addrinfo *dial_resolve(
    const char *host, const char *port, int family, char *why, size_t size);

/*
 * Connects to the first of `addresses` that answers, each within `timeout_ms`,
 * all of them by `when`, until `cancel_fd` is readable (deadline_wait()).  The
 * address goes to `found`, the time that its connection took to `ns`.
 *
 * Returns a non-blocking socket, or -1 with errno (of the last; ECANCELED for
 * `cancel_fd`) and one line in `why` that names each address and its cause.
 */
int dial_connect(const struct addrinfo *addresses, int64_t timeout_ms,
    deadline when, int cancel_fd, const struct addrinfo **found, int64_t *ns,
    char *why, size_t size);

#endif
