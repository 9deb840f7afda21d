#include "base/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static int
copy(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size || memchr(from, '\0', length) != NULL) {
		errno = EINVAL;
		return -1;
	}
	memcpy(to, from, length);
	to[length] = '\0';
	return 0;
}

int
address_split(const char *text, char *host, char *port)
{
	const char *colon = strchr(text, ':'), *end;

	port[0] = '\0';
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL || end == text + 1 ||
		    (end[1] != '\0' && (end[1] != ':' || end[2] == '\0'))) {
			errno = EINVAL;
			return -1;
		}
		if (end[1] == ':' && copy(port, ADDRESS_PORT_MAX, end + 2,
					 strlen(end + 2)) == -1)
			return -1;
		return copy(
		    host, ADDRESS_HOST_MAX, text + 1, (size_t)(end - text - 1));
	}
	/* Two colons and no brackets: an IPv6 address without a port. */
	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		end = text + strlen(text);
	else {
		end = colon;
		if (colon[1] == '\0') {
			errno = EINVAL;
			return -1;
		}
		if (copy(port, ADDRESS_PORT_MAX, colon + 1,
			strlen(colon + 1)) == -1)
			return -1;
	}
	if (end == text) {
		errno = EINVAL;
		return -1;
	}
	return copy(host, ADDRESS_HOST_MAX, text, (size_t)(end - text));
}

sa_family_t
address_normalise(const struct sockaddr *address, struct in6_addr *out)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	memset(out, 0, sizeof(*out));
	if (address->sa_family == AF_INET) {
		out->s6_addr[10] = out->s6_addr[11] = 0xff;
		memcpy(&out->s6_addr[12], &v4->sin_addr, 4);
		return AF_INET;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	*out = v6->sin6_addr;
	return IN6_IS_ADDR_V4MAPPED(out) ? AF_INET : AF_INET6;
}

/* Converts an IPv4-mapped address, as a dual-stack socket reports IPv4 peers,
 * to IPv4; returns any other address unchanged. */
static const struct sockaddr *
unmap(const struct sockaddr *address, socklen_t *length,
    struct sockaddr_in *storage)
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	struct in6_addr mapped;

	if (address->sa_family != AF_INET6 ||
	    address_normalise(address, &mapped) == AF_INET6)
		return address;
	*storage = (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = v6->sin6_port,
	};
	memcpy(&storage->sin_addr, &mapped.s6_addr[12], 4);
	*length = sizeof(*storage);
	return (const struct sockaddr *)storage;
}

static void
format(const struct sockaddr *address, socklen_t length, char *text,
    bool with_port)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	struct sockaddr_in v4;

	if (address->sa_family == AF_UNIX) {
		const struct sockaddr_un *local = (const void *)address;
		size_t head = offsetof(struct sockaddr_un, sun_path);

		if (length <= head || local->sun_path[0] == '\0')
			snprintf(text, ADDRESS_TEXT_MAX, "unix");
		else
			snprintf(text, ADDRESS_TEXT_MAX, "%.*s",
			    (int)strnlen(local->sun_path, length - head),
			    local->sun_path);
		return;
	}
	address = unmap(address, &length, &v4);
	if (getnameinfo(address, length, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		snprintf(text, ADDRESS_TEXT_MAX, "unknown");
		return;
	}
	if (!with_port)
		snprintf(
		    text, ADDRESS_TEXT_MAX, "%.*s", ADDRESS_TEXT_MAX - 1, host);
	else
		snprintf(text, ADDRESS_TEXT_MAX,
		    address->sa_family == AF_INET6 ? "[%.80s]:%.8s"
						   : "%.80s:%.8s",
		    host, port);
}

void
address_format(const struct sockaddr *address, socklen_t length, char *text)
{
	format(address, length, text, true);
}

void
address_format_host(
    const struct sockaddr *address, socklen_t length, char *text)
{
	format(address, length, text, false);
}
