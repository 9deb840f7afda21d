#include "client/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "stream/protocol.h"

/* The name of our own protocol, which is not in the table of services. */
#define OWN_PROTOCOL "pingtls"

bool
target_service_find(const char *name, const struct service **service)
{
	*service = service_find(name);
	return *service != NULL || strcasecmp(name, OWN_PROTOCOL) == 0;
}

/* Parses "SERVICE://".  Returns the text after it, or NULL if there is no such
 * service. */
static const char *
take_scheme(const char *text, const struct service **service)
{
	const char *end = strstr(text, "://");
	char name[32];

	if (end == NULL)
		return text;
	snprintf(name, sizeof(name), "%.*s", (int)(end - text), text);
	return target_service_find(name, service) ? end + strlen("://") : NULL;
}

const char *
target_parse(
    const char *text, const struct target_defaults *defaults, struct target *t)
{
	char host[ADDRESS_HOST_MAX], port[ADDRESS_PORT_MAX];
	unsigned long number = 0;
	const char *rest, *fault;

	memset(t, 0, sizeof(*t));
	t->service = defaults->service;
	if (strlen(text) >= sizeof(t->text))
		return "it is too long";
	strcpy(t->given, text);
	strcpy(t->text, text);
	rest = take_scheme(text, &t->service);
	if (rest == NULL)
		return "no such service (see --help)";
	if (strpbrk(rest, "/?#@") != NULL)
		return "only SERVICE://HOST:PORT is taken, without user, path "
		       "or query";
	if (address_split(rest, host, port) == -1)
		return strlen(rest) >= sizeof(host)
		           ? "it is too long"
		           : "must be host, host:port or [ipv6]:port";
	if (rest[0] == '[' && strchr(host, ':') == NULL)
		return "brackets are for IPv6 addresses only";
	if (port[0] != '\0') {
		if (defaults->port != 0)
			return "-p gives the port already";
		if (parse_count(port, 1, UINT16_MAX, &number) == -1)
			return "the port must be a number from 1 to 65535";
	} else if (defaults->port != 0)
		number = defaults->port;
	else if (t->service == NULL)
		number = strtoul(PROTOCOL_PORT, NULL, 10);
	else
		number = t->service->port;
	if (number == 0)
		return "needs a port";
	t->port = (uint16_t)number;
	fault = host_name_parse(host, &t->host);
	if (fault == NULL && t->host.lacks_zone)
		fault = "a link-local address needs its interface, as in "
			"fe80::1%eth0";
	return fault;
}

const char *
target_service_name(const struct target *t)
{
	return t->service == NULL ? OWN_PROTOCOL : t->service->name;
}
