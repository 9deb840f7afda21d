/*
 * Where a connection comes from, as far as limits care.
 */
#ifndef PINGTLS_SOURCE_H
#define PINGTLS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * An IPv4 address (mapped, so that a dual-stack socket makes no difference) or
 * an IPv6 /64, the least that a site has (RFC 6177).  Unix sockets have no
 * source.
 */
struct source {
	uint8_t octets[16];
	bool known;
};

/* The source that is behind an address. */
struct source source_of(const struct sockaddr *);

/* For tsearch(3): orders sources that are known. */
int source_compare(const void *, const void *);

#endif
