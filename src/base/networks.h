/*
 * Lists of networks given as an option: "192.0.2.0/24,2001:db8::/32".
 */
#ifndef PINGTLS_NETWORKS_H
#define PINGTLS_NETWORKS_H

#include <stdbool.h>
#include <sys/socket.h>

struct networks;

/*
 * Parses a comma-separated list, without white space, of
 *
 *	192.0.2.0/24  2001:db8::/32	networks (RFC 4632, RFC 4291 2.3),
 *	192.0.2.1  2001:db8::1		single addresses,
 *	unix				every peer on a unix socket.
 *
 * An IPv4-mapped IPv6 network is equivalent to the IPv4 network.  Host bits
 * must be zero, as in sshd_config(5): "192.0.2.1/24" is an error, since it
 * might mean the address or the network.  Host names are not looked up.
 *
 * Returns NULL with errno: EINVAL, also for an empty list or item, or ENOMEM.
 */
struct networks *networks_parse(const char *text);

/* NULL is allowed. */
void networks_free(struct networks *);

/*
 * True if the address is in one of the networks; NULL is an empty list.  IPv4
 * and IPv4-mapped addresses are equivalent, and "::/0" contains neither.  The
 * search is linear: meant for short lists.
 */
bool networks_match(const struct networks *, const struct sockaddr *);

#endif
