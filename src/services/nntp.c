#include "services/protocols.h"

#include "services/reply.h"

int
nntp_greeting(struct exchange *e)
{
	int code = reply_read(e, REPLY_LINE, NULL);

	if (code == -1)
		return -1;
	/* 201 only means that posting is not allowed. */
	return code == 200 || code == 201 ? 0 : exchange_refused(e);
}

int
nntp_upgrade(struct exchange *e)
{
	int code;

	if (exchange_command(e, "CAPABILITIES", "") == -1)
		return -1;
	code = reply_read(e, REPLY_LINE, NULL);
	if (code == -1)
		return -1;
	/* A server older than RFC 3977 has no list. */
	if (code == 101 && reply_capabilities(e, "STARTTLS") == -1)
		return -1;
	return reply_starttls(e, "STARTTLS", REPLY_LINE, 382);
}

int
nntp_farewell(struct exchange *e)
{
	if (exchange_command(e, "QUIT", "") == -1)
		return -1;
	return reply_expect(e, REPLY_LINE, 205);
}
