#include "base/source.h"

#include <string.h>

#include "base/address.h"

struct source
source_of(const struct sockaddr *address)
{
	struct source source = {0};
	struct in6_addr ip;
	sa_family_t family = address_normalise(address, &ip);

	source.known = family != 0;
	memcpy(source.octets, &ip, family == AF_INET6 ? 8 : sizeof(ip));
	return source;
}

int
source_compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return memcmp(x->octets, y->octets, sizeof(x->octets));
}
