/*
 * Name resolution with a deadline.  getaddrinfo(3) cannot be interrupted, so it
 * runs in a child process that can be killed.
 */
#ifndef PINGTLS_RESOLVE_H
#define PINGTLS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/deadline.h"

/* More than any useful host has. */
#define RESOLVE_ADDRESSES_MAX 32

struct resolved_address {
	socklen_t length;
	struct sockaddr_storage address;
};

struct resolution {
	int error;        /* of getaddrinfo(3); 0: none */
	int system_error; /* errno, for EAI_SYSTEM */
	uint32_t count;   /* without duplicates */
	struct resolved_address found[RESOLVE_ADDRESSES_MAX];
};

/*
 * Looks up `host` until `when` or until `cancel_fd` is readable, and sets
 * `port` in the addresses.  Returns 0, or -1 with the cause in `why` and errno
 * (ETIMEDOUT, ECANCELED or another; 0 for an error of the resolver).
 */
int resolve_host(const char *host, uint16_t port, int family, deadline when,
    int cancel_fd, struct resolution *, char *why, size_t size);

#endif
