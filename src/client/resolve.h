/*
 * A host's addresses by its name.  getaddrinfo(3) cannot be given up, so it
 * runs in a process that can.
 */
#ifndef PINGTLS_RESOLVE_H
#define PINGTLS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/deadline.h"

/* More than any host of use has. */
#define RESOLVE_ADDRESSES_MAX 32

struct resolved_address {
	socklen_t length;
	struct sockaddr_storage address;
};

struct resolution {
	int error;        /* getaddrinfo(3)'s, 0: none */
	int system_error; /* errno, for EAI_SYSTEM */
	uint32_t count;   /* none twice */
	struct resolved_address found[RESOLVE_ADDRESSES_MAX];
};

/*
 * Looks `host` up, at most until `when` or until `cancel_fd` is readable; the
 * addresses have `port`.  Returns 0, or -1 with errno (ETIMEDOUT, ECANCELED or
 * another, 0 where it is the resolver's) and the cause in `why`.
 */
int resolve_host(const char *host, uint16_t port, int family, deadline when,
    int cancel_fd, struct resolution *, char *why, size_t size);

#endif
