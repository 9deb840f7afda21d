#include "services/protocols.h"

#include <string.h>

#include "services/exchange_internal.h"

/* SSLRequest: its size, then 1234 and 5679 instead of a protocol version. */
static const unsigned char ssl_request[] = "\0\0\0\x08\x04\xd2\x16\x2f";

/* The size of a message includes these octets. */
#define SIZE_OCTETS 4

/* Records the message, field 'M', of an ErrorResponse. */
static void
note_message(struct exchange *e, size_t size)
{
	const char *at = e->line, *end = e->line + size, *zero;

	for (; at < end && *at != '\0'; at = zero + 1) {
		zero = memchr(at, '\0', (size_t)(end - at));
		if (zero == NULL)
			return;
		if (*at == 'M')
			exchange_note(e, at + 1, (size_t)(zero - at) - 1);
	}
}

/*
 * Reads the rest of an error that is text up to a NUL, as in version 2 of the
 * protocol: all that a server which cannot fork sends.  Returns 0 or -1.
 */
static int
read_text(struct exchange *e)
{
	ssize_t n = stream_read_until(e->stream, '\0', e->line + SIZE_OCTETS,
	    sizeof(e->line) - SIZE_OCTETS);

	if (n < 0)
		return exchange_broken(e, (int)n);
	if (exchange_count(e, 0) == -1)
		return -1;
	/* The text ends with LF. */
	exchange_note(e, e->line, strcspn(e->line, "\n"));
	return 0;
}

/* Reads the rest of an ErrorResponse.  Returns 0 or -1. */
static int
read_message(struct exchange *e)
{
	size_t size = 0;

	for (int i = 0; i < SIZE_OCTETS; i++)
		size = size << 8 | (unsigned char)e->line[i];
	if (size < SIZE_OCTETS || size > sizeof(e->line))
		return exchange_not_understood(e, "is broken");
	size -= SIZE_OCTETS;
	if (exchange_read_exact(e, 0, size) == -1)
		return -1;
	note_message(e, size);
	return 0;
}

/* Reads the rest of an error, which is not authenticated (CVE-2024-10977).
 * Returns -1. */
static int
read_error(struct exchange *e)
{
	int ret;

	if (exchange_read_exact(e, 0, SIZE_OCTETS) == -1)
		return -1;
	/* Text has no NUL among its first octets; no message is so large that
	 * its size has none. */
	ret = memchr(e->line, '\0', SIZE_OCTETS) == NULL ? read_text(e)
	                                                 : read_message(e);
	if (ret == -1)
		return -1;
	return exchange_fail(e, REASON_SERVICE_REFUSED,
	    "the server refused service: \"%s\"", e->said);
}

int
postgres_upgrade(struct exchange *e)
{
	if (exchange_send(
		e, "SSLRequest", ssl_request, sizeof(ssl_request) - 1) == -1)
		return -1;
	/* Exactly one octet, so that nothing sent behind it can be taken for
	 * part of the TLS session (CVE-2021-23222). */
	if (exchange_read_exact(e, 0, 1) == -1)
		return -1;
	exchange_note(e, e->line, 1);
	switch (e->line[0]) {
	case 'S':
		return 0;
	case 'N':
		return exchange_not_upgraded(e);
	case 'E':
		return read_error(e);
	default:
		return exchange_not_understood(e, "is neither S nor N nor E");
	}
}
