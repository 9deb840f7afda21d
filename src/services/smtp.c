#include "services/protocols.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "services/reply.h"

/* The first line has the server's name, each other line one keyword. */
static void
note_keyword(struct exchange *e, const char *text, unsigned int number)
{
	if (number > 0 && strcasecmp(text, "STARTTLS") == 0)
		e->offered = EXCHANGE_OFFERED;
}

/*
 * Sends EHLO or LHLO with our address as an address literal (RFC 5321, 4.1.4):
 * it needs no look-up, and is neither another host's name nor one that does not
 * resolve, which servers may refuse.
 */
static int
send_hello(struct exchange *e, const char *command, reply_line *line)
{
	char name[64];
	int code;

	snprintf(name, sizeof(name), "[%s%.*s]",
	    strchr(e->address, ':') == NULL ? "" : "IPv6:",
	    (int)strcspn(e->address, "%"), e->address);
	if (exchange_command(e, command, name) == -1)
		return -1;
	code = reply_read(e, REPLY_CODED, line);
	if (code == -1)
		return -1;
	return code == 250 ? 0 : exchange_refused(e);
}

int
smtp_greeting(struct exchange *e)
{
	return reply_expect(e, REPLY_CODED, 220);
}

static int
upgrade_after(struct exchange *e, const char *command)
{
	if (send_hello(e, command, note_keyword) == -1)
		return -1;
	if (e->offered == EXCHANGE_UNKNOWN)
		e->offered = EXCHANGE_NOT_OFFERED;
	return reply_starttls(e, "STARTTLS", REPLY_CODED, 220);
}

/* After the handshake the client must say EHLO again (RFC 3207, 4.2). */
static int
quit_after(struct exchange *e, const char *command)
{
	if (send_hello(e, command, NULL) == -1 ||
	    exchange_command(e, "QUIT", "") == -1)
		return -1;
	return reply_expect(e, REPLY_CODED, 221);
}

int
smtp_upgrade(struct exchange *e)
{
	return upgrade_after(e, "EHLO");
}

int
smtp_farewell(struct exchange *e)
{
	return quit_after(e, "EHLO");
}

int
lmtp_upgrade(struct exchange *e)
{
	return upgrade_after(e, "LHLO");
}

int
lmtp_farewell(struct exchange *e)
{
	return quit_after(e, "LHLO");
}
