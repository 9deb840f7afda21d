#include "services/protocols.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "services/exchange_internal.h"

/* Returns what follows the words `word` at the start of `line`, or NULL if the
 * line does not start with them. */
static const char *
behind(const char *line, const char *word)
{
	size_t size = strlen(word);

	if (strncasecmp(line, word, size) != 0)
		return NULL;
	if (line[size] == '\0')
		return line + size;
	return line[size] == ' ' ? line + size + 1 : NULL;
}

static void
note_capabilities(struct exchange *e, const char *list)
{
	e->offered = EXCHANGE_NOT_OFFERED;
	while (*list != '\0') {
		size_t size = strcspn(list, " ");

		if (size == 8 && strncasecmp(list, "STARTTLS", size) == 0)
			e->offered = EXCHANGE_OFFERED;
		list += size;
		list += strspn(list, " ");
	}
}

/* What a command asks for, and so which untagged responses count. */
enum purpose {
	CAPABILITIES,
	UPGRADE, /* an offer that comes after the command is none */
	LOGOUT,  /* a BYE is part of the reply */
};

/*
 * Reads untagged responses and then the one with the tag.  Returns 1 for OK, 0
 * for NO, BAD and, unless it is the reply to LOGOUT, an untagged BYE, or -1.
 */
static int
read_tagged(struct exchange *e, const char *tag, enum purpose purpose)
{
	size_t size = strlen(tag);
	const char *text;

	for (;;) {
		if (exchange_read_line(e) == -1)
			return -1;
		if (behind(e->line, "* BYE") != NULL && purpose != LOGOUT)
			return 0;
		text = behind(e->line, "* CAPABILITY");
		if (text != NULL && purpose == CAPABILITIES)
			note_capabilities(e, text);
		if (strncmp(e->line, "* ", 2) == 0)
			continue;
		/* Tags, unlike words, are case-sensitive. */
		if (strncmp(e->line, tag, size) != 0 || e->line[size] != ' ')
			return exchange_not_understood(e, "has the wrong tag");
		text = e->line + size + 1;
		if (behind(text, "OK") != NULL)
			return 1;
		if (behind(text, "NO") != NULL || behind(text, "BAD") != NULL)
			return 0;
		return exchange_not_understood(
		    e, "is neither OK nor NO nor BAD");
	}
}

/* Sends a command and reads its reply.  Returns as read_tagged() does. */
static int
send_tagged(struct exchange *e, const char *tag, const char *command,
    enum purpose purpose)
{
	char line[32];
	int size = snprintf(line, sizeof(line), "%s %s\r\n", tag, command);

	if (exchange_send(e, command, line, (size_t)size) == -1)
		return -1;
	return read_tagged(e, tag, purpose);
}

int
imap_greeting(struct exchange *e)
{
	if (exchange_read_line(e) == -1)
		return -1;
	if (behind(e->line, "* OK") != NULL)
		return 0;
	if (behind(e->line, "* BYE") != NULL)
		return exchange_refused(e);
	if (behind(e->line, "* PREAUTH") == NULL)
		return exchange_not_understood(e, "is not IMAP");
	/* In the clear it makes STARTTLS impossible and may be an attacker's:
	 * "the client MUST close the connection" (RFC 9051, 7.1.4). */
	if (stream_tls(e->stream) != NULL)
		return 0;
	return exchange_fail(e, REASON_PREAUTH,
	    "the server greets as authenticated already, so that there can be "
	    "no STARTTLS: \"%s\"",
	    e->said);
}

int
imap_upgrade(struct exchange *e)
{
	int ok = send_tagged(e, "a1", "CAPABILITY", CAPABILITIES);

	if (ok == 0)
		return exchange_refused(e);
	if (ok == 1 && e->offered == EXCHANGE_UNKNOWN)
		return exchange_not_understood(e, "came without capabilities");
	if (ok == 1)
		ok = send_tagged(e, "a2", "STARTTLS", UPGRADE);
	if (ok == 0)
		return exchange_not_upgraded(e);
	return ok == 1 ? 0 : -1;
}

int
imap_farewell(struct exchange *e)
{
	int ok = send_tagged(e, "a3", "LOGOUT", LOGOUT);

	if (ok == 0)
		return exchange_refused(e);
	return ok == 1 ? 0 : -1;
}
