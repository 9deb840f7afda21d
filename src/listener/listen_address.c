#include "listener/listen_address.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "stream/protocol.h"

static const char no_address[] =
    "not an address; say port, host:port, [ipv6]:port or /path";

static bool
is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* False if no host has such a name: one that ends with a number would be an
 * IPv4 address (RFC 1123, 2.1). */
static bool
may_be_name(const char *host)
{
	const char *dot = strrchr(host, '.');

	return host[strcspn(host, " \t\n:[]")] == '\0' &&
	       !is_number(dot == NULL ? host : dot + 1);
}

/* Checks host and port as far as no host need be looked up. */
static const char *
check_form(const struct listen_address *a)
{
	struct addrinfo hints = {
	    .ai_flags = AI_PASSIVE | AI_NUMERICHOST,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	int ret = getaddrinfo(
	    a->host[0] == '\0' ? NULL : a->host, a->port, &hints, &found);

	if (ret == 0)
		freeaddrinfo(found);
	else if (ret == EAI_NONAME)
		return may_be_name(a->host) ? NULL : no_address;
	else
		return ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret);
	return NULL;
}

static const char *
parse_path(struct listen_address *a, const char *path)
{
	if (strlen(path) >= sizeof(a->local.sun_path))
		return "the path is too long";
	a->local.sun_family = AF_UNIX;
	strcpy(a->local.sun_path, path);
	return NULL;
}

const char *
listen_address_parse(struct listen_address *a, const char *text)
{
	const char *port = text;
	unsigned long number;

	memset(a, 0, sizeof(*a));
	if (text[0] == '/')
		return parse_path(a, text);
	if (!is_number(text)) {
		if (address_split(text, a->host, a->port) == -1)
			return no_address;
		port = a->port[0] == '\0' ? PROTOCOL_PORT : a->port;
	}
	if (is_number(port)) {
		/* getaddrinfo(3) takes 65536 for 0. */
		if (parse_count(port, 0, UINT16_MAX, &number) == -1)
			return "no port is above 65535";
		snprintf(a->port, sizeof(a->port), "%lu", number);
	}
	return check_form(a);
}
