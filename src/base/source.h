/*
 * The source of a connection, the unit that the limits per source count by.
 */
#ifndef PINGTLS_SOURCE_H
#define PINGTLS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * The network that an address belongs to, IPv4 in IPv4-mapped form.  A peer on
 * a unix socket has no known source.
 */
struct source {
	uint8_t octets[16];
	bool known;
};

/* The prefix lengths of these networks. */
struct source_prefix {
	unsigned long ipv4; /* up to SOURCE_IPV4_MOST */
	unsigned long ipv6; /* up to SOURCE_IPV6_MOST */
};

#define SOURCE_IPV4_MOST 32
/* The smallest network that a site is assigned (RFC 6177). */
#define SOURCE_IPV6_MOST 64

/* The source that a peer address belongs to. */
struct source source_of(const struct sockaddr *, const struct source_prefix *);

/* Compares two known sources, for tsearch(3). */
int source_compare(const void *, const void *);

#endif
