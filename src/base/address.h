/*
 * Network addresses: parsed as users write them ("host", "host:port",
 * "[ipv6]:port"), formatted for the log, and normalised for comparison.
 */
#ifndef PINGTLS_ADDRESS_H
#define PINGTLS_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

/* The longest host name (RFC 1035), or an IPv6 address with its zone. */
#define ADDRESS_HOST_MAX 256
#define ADDRESS_PORT_MAX 32
/* The prefix length of IPv4-mapped addresses (RFC 4291, 2.5.5.2). */
#define ADDRESS_MAPPED_BITS 96
/* Enough for "[ipv6%zone]:port" and for a unix socket's path. */
#define ADDRESS_TEXT_MAX 128

/*
 * Splits `text` ("host", "host:port", "[host]:port", a bare IPv6 address) into
 * `host` (ADDRESS_HOST_MAX octets) and `port` (ADDRESS_PORT_MAX octets), which
 * is empty if `text` has none.  Neither is looked up.
 * Returns 0, or -1 with errno EINVAL.
 */
int address_split(const char *text, char *host, char *port);

/*
 * Writes "192.0.2.1:port", "[2001:db8::1]:port" or the path of a unix socket
 * ("unix" if it has none) to `text`, ADDRESS_TEXT_MAX octets.  An IPv4 address
 * mapped into IPv6 is shown as IPv4.
 */
void address_format(const struct sockaddr *, socklen_t, char *text);

/* The same without port or brackets, for messages that name a host. */
void address_format_host(const struct sockaddr *, socklen_t, char *text);

/*
 * Converts an IP address to IPv6 form, IPv4 as an IPv4-mapped address (RFC
 * 4291, 2.5.5.2), so that a client has the same address whether it came through
 * an IPv4 or a dual-stack socket.  Returns AF_INET for IPv4, mapped or not,
 * AF_INET6 for other IPv6 addresses, or 0 if it is not an IP address.
 */
sa_family_t address_normalise(const struct sockaddr *, struct in6_addr *);

#endif
