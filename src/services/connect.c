/*
 * CONNECT to a server through an HTTP proxy.
 */
#include <stdio.h>
#include <string.h>

#include "services/reply.h"

/* Room for two names (RFC 1035) with ports. */
#define REQUEST_MAX 640

static int
send_connect(struct exchange *e, const char *host, const char *port)
{
	bool brackets = strchr(host, ':') != NULL;
	char where[REQUEST_MAX / 2], request[REQUEST_MAX];
	int size = snprintf(where, sizeof(where), "%s%s%s:%s",
	    brackets ? "[" : "", host, brackets ? "]" : "", port);

	/* White space would end the name and inject what follows it. */
	if ((size_t)size >= sizeof(where) || strpbrk(where, " \t\r\n") != NULL)
		return exchange_fail(e, REASON_PROXY_REFUSED,
		    "\"%s\" cannot be asked of a proxy", host);
	size = snprintf(request, sizeof(request),
	    "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", where, where);
	return exchange_send(e, "CONNECT", request, (size_t)size);
}

/* Parses a status line (RFC 9112, 4).  Returns its code or -1. */
static int
status_code(const char *line)
{
	static const char version[] = "HTTP/1.";
	const char *minor = line + sizeof(version) - 1, *rest;
	int code;

	if (strncmp(line, version, sizeof(version) - 1) != 0 ||
	    strspn(minor, "0123456789") != 1 || minor[1] != ' ')
		return -1;
	code = reply_code(minor + 2, &rest);
	return code != -1 && (*rest == ' ' || *rest == '\0') ? code : -1;
}

/*
 * Reads a status line and, unless it is a refusal, the header fields.  A
 * successful response to CONNECT has no content, whatever its fields say (RFC
 * 9110, 9.3.6).  Returns the status code or -1.
 */
static int
read_response(struct exchange *e)
{
	int code;

	if (exchange_read_line(e) == -1)
		return -1;
	code = status_code(e->line);
	if (code == -1)
		return exchange_not_understood(e, "is not HTTP");
	if (code >= 300)
		return code;
	do
		if (exchange_read_line(e) == -1)
			return -1;
	while (e->line[0] != '\0');
	return code;
}

int
exchange_connect(struct exchange *e, const char *host, const char *port)
{
	int code;

	exchange_begin(e, "proxy", "HTTP", e->step_ms);
	if (send_connect(e, host, port) == -1)
		return -1;
	/* Interim responses, 1xx, come before the final one (RFC 9110, 15.2).
	 */
	do
		code = read_response(e);
	while (code >= 100 && code < 200);
	if (code == -1)
		return -1;
	if (code < 300)
		return 0;
	return exchange_fail(e, REASON_PROXY_REFUSED,
	    "the proxy refused a connection to %s: \"%s\"", host, e->said);
}
