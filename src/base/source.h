/*
 * The source of a connection, the unit that the limits per source count by.
 */
#ifndef PINGTLS_SOURCE_H
#define PINGTLS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * An IPv4 address in IPv4-mapped form, or an IPv6 /64, the smallest prefix that
 * a site is assigned (RFC 6177).  A peer on a unix socket has no known source.
 */
struct source {
	uint8_t octets[16];
	bool known;
};

/* The source that a peer address belongs to. */
struct source source_of(const struct sockaddr *);

/* Compares two known sources, for tsearch(3). */
int source_compare(const void *, const void *);

#endif
