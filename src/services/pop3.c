#include "services/protocols.h"

#include <string.h>
#include <strings.h>

#include "services/reply.h"

/* True if the first word of `line` is `status`. */
static bool
has_status(const char *line, const char *status)
{
	size_t size = strlen(status);

	return strncasecmp(line, status, size) == 0 &&
	       (line[size] == ' ' || line[size] == '\0');
}

/* Reads a reply.  Returns 1 for "+OK", 0 for "-ERR", or -1. */
static int
read_status(struct exchange *e)
{
	if (exchange_read_line(e) == -1)
		return -1;
	if (has_status(e->line, "+OK"))
		return 1;
	if (has_status(e->line, "-ERR"))
		return 0;
	return exchange_not_understood(e, "is neither +OK nor -ERR");
}

static int
expect_ok(struct exchange *e)
{
	int ok = read_status(e);

	if (ok == 0)
		return exchange_refused(e);
	return ok == 1 ? 0 : -1;
}

int
pop3_greeting(struct exchange *e)
{
	return expect_ok(e);
}

int
pop3_upgrade(struct exchange *e)
{
	int ok;

	if (exchange_command(e, "CAPA", "") == -1)
		return -1;
	ok = read_status(e);
	if (ok == 1 && reply_capabilities(e, "STLS") == -1)
		return -1;
	/* A server older than RFC 2449 has no list. */
	if (ok == -1 || exchange_command(e, "STLS", "") == -1)
		return -1;
	ok = read_status(e);
	if (ok == 0)
		return exchange_not_upgraded(e);
	return ok == 1 ? 0 : -1;
}

int
pop3_farewell(struct exchange *e)
{
	return exchange_command(e, "QUIT", "") == -1 ? -1 : expect_ok(e);
}
