#include "base/networks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/parse.h"

/* "unix" has the family AF_UNIX; IPv4 is stored in IPv4-mapped form. */
struct network {
	sa_family_t family;
	struct in6_addr address;
	unsigned long bits;
};

struct networks {
	size_t count;
	struct network list[];
};

/* True if the first `bits` of two addresses are equal. */
static bool
same(const struct in6_addr *a, const struct in6_addr *b, unsigned long bits)
{
	size_t whole = bits / 8;

	return memcmp(a, b, whole) == 0 &&
	       (bits % 8 == 0 || ((a->s6_addr[whole] ^ b->s6_addr[whole]) >>
				     (8 - bits % 8)) == 0);
}

/* True if a bit behind the prefix is set. */
static bool
has_host_part(const struct network *n)
{
	struct in6_addr prefix = {0};

	for (unsigned long i = 0; i < n->bits; i++)
		prefix.s6_addr[i / 8] |=
		    (uint8_t)(n->address.s6_addr[i / 8] & (0x80 >> i % 8));
	return memcmp(&prefix, &n->address, sizeof(prefix)) != 0;
}

/* Parses one item of the list; modifies `text`. */
static int
parse_network(char *text, struct network *n)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address;
	char *prefix = strchr(text, '/');
	unsigned long first = 0;

	if (strcmp(text, "unix") == 0) {
		n->family = AF_UNIX;
		return 0;
	}
	if (prefix != NULL)
		*prefix++ = '\0';
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		address = (const void *)&v4;
		first = ADDRESS_MAPPED_BITS;
	} else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		address = (const void *)&v6;
	else
		return -1;
	n->family = address_normalise(address, &n->address);
	n->bits = 128 - first;
	if (prefix != NULL &&
	    parse_count(prefix, 0, 128 - first, &n->bits) == -1)
		return -1;
	n->bits += first;
	return has_host_part(n) ? -1 : 0;
}

struct networks *
networks_parse(const char *text)
{
	struct networks *networks;
	char *copy = strdup(text), *rest = copy, *item;
	size_t most = 1;
	int e = 0;

	if (copy == NULL)
		return NULL;
	for (const char *c = text; *c != '\0'; c++)
		most += *c == ',';
	networks = calloc(1, sizeof(*networks) + most * sizeof(struct network));
	if (networks == NULL)
		e = ENOMEM;
	while (e == 0 && (item = strsep(&rest, ",")) != NULL)
		if (parse_network(item, &networks->list[networks->count++]) ==
		    -1)
			e = EINVAL;
	free(copy);
	if (e == 0)
		return networks;
	free(networks);
	errno = e;
	return NULL;
}

void
networks_free(struct networks *networks)
{
	free(networks);
}

bool
networks_match(const struct networks *networks, const struct sockaddr *address)
{
	struct in6_addr normalised;
	sa_family_t family = address_normalise(address, &normalised);

	for (size_t i = 0; networks != NULL && i < networks->count; i++) {
		const struct network *n = &networks->list[i];

		if (n->family == AF_UNIX
			? address->sa_family == AF_UNIX
			: n->family == family &&
			      same(&n->address, &normalised, n->bits))
			return true;
	}
	return false;
}
