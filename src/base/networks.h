/*
 * Lists of networks, as options name them: "192.0.2.0/24,2001:db8::/32".
 */
#ifndef PINGTLS_NETWORKS_H
#define PINGTLS_NETWORKS_H

#include <stdbool.h>
#include <sys/socket.h>

struct networks;

/*
 * Reads a list, divided by commas and without white space, of
 *
 *	192.0.2.0/24  2001:db8::/32	networks (RFC 4632, RFC 4291 2.3),
 *	192.0.2.1  2001:db8::1		single addresses,
 *	unix				every peer on a unix socket.
 *
 * An IPv4 network mapped into IPv6 is that IPv4 network.  Bits set beyond the
 * prefix are a mistake, as for sshd_config(5): "192.0.2.1/24" may have been
 * meant as either.  Host names are never looked up.
 *
 * Returns NULL with errno: EINVAL (an empty list and an empty item too) or
 * ENOMEM.
 */
struct networks *networks_parse(const char *text);

/* NULL is allowed. */
void networks_free(struct networks *);

/*
 * Whether the address is in one of the networks; NULL is a list of none.  An
 * IPv4 address is the same mapped into IPv6, and "::/0" does not have it.
 * Every item is looked at: meant for lists of a few.
 */
bool networks_match(const struct networks *, const struct sockaddr *);

#endif
