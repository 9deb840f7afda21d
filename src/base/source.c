#include "base/source.h"

#include <string.h>

#include "base/address.h"

struct source
source_of(const struct sockaddr *address, const struct source_prefix *prefix)
{
	struct source source = {0};
	struct in6_addr ip;
	sa_family_t family = address_normalise(address, &ip);
	size_t bits = family == AF_INET6 ? prefix->ipv6
	                                 : ADDRESS_MAPPED_BITS + prefix->ipv4;

	source.known = family != 0;
	memcpy(source.octets, &ip, bits / 8);
	if (bits % 8 != 0)
		source.octets[bits / 8] =
		    (uint8_t)(ip.s6_addr[bits / 8] & (0xff00 >> bits % 8));
	return source;
}

int
source_compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return memcmp(x->octets, y->octets, sizeof(x->octets));
}
