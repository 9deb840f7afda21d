#include "services/protocols.h"

#include <string.h>
#include <strings.h>

#include "services/reply.h"

/* True if `word` is a name of the TLS mechanism (RFC 4217, 2.6). */
static bool
is_tls_mechanism(const char *word, size_t size)
{
	return (size == 3 && strncasecmp(word, "TLS", 3) == 0) ||
	       (size == 5 && strncasecmp(word, "TLS-C", 5) == 0);
}

/* The line is " AUTH TLS", or " AUTH TLS;TLS-C;SSL;TLS-P;" from IIS. */
static void
note_feature(struct exchange *e, const char *text, unsigned int number)
{
	const char separators[] = "; ";

	(void)number;
	text += strspn(text, " ");
	if (strncasecmp(text, "AUTH ", 5) != 0)
		return;
	for (text += 5; *text != '\0'; text += strspn(text, separators)) {
		size_t size = strcspn(text, separators);

		if (is_tls_mechanism(text, size))
			e->offered = EXCHANGE_OFFERED;
		text += size;
	}
}

int
ftp_greeting(struct exchange *e)
{
	int code;

	/* "120 ready in nnn minutes" may precede it (RFC 959, 5.4). */
	do
		code = reply_read(e, REPLY_FRAMED, NULL);
	while (code == 120);
	if (code == -1)
		return -1;
	return code == 220 ? 0 : exchange_refused(e);
}

int
ftp_upgrade(struct exchange *e)
{
	int code;

	if (exchange_command(e, "FEAT", "") == -1)
		return -1;
	code = reply_read(e, REPLY_FRAMED, note_feature);
	if (code == -1)
		return -1;
	/* Any other code means that FEAT is not supported (RFC 2389, 3.2). */
	if (code == 211 && e->offered == EXCHANGE_UNKNOWN)
		e->offered = EXCHANGE_NOT_OFFERED;
	return reply_starttls(e, "AUTH TLS", REPLY_FRAMED, 234);
}

int
ftp_farewell(struct exchange *e)
{
	if (exchange_command(e, "QUIT", "") == -1)
		return -1;
	return reply_expect(e, REPLY_FRAMED, 221);
}
