/*
 * LDAP messages are BER, of which libtasn1 reads tags and lengths.
 */
#include "services/protocols.h"

#include <stdio.h>
#include <string.h>

#include <libtasn1.h>

#include "base/der.h"
#include "services/exchange_internal.h"

/* The name of StartTLS (RFC 4511, 4.14). */
#define START_TLS_NAME "1.3.6.1.4.1.1466.20037"

/* messageID 1, an ExtendedRequest with this name. */
static const unsigned char start_tls[] =
    "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" START_TLS_NAME;
/* messageID 2, an UnbindRequest. */
static const unsigned char unbind[] = "\x30\x05\x02\x01\x02\x42\x00";

/* Tags of a response and of what may follow its result (RFC 4511, 4.12). */
#define EXTENDED_RESPONSE 0x78
#define REFERRAL 0xa3
#define RESPONSE_NAME 0x8a

/* Longer lengths are longer messages than are read. */
#define LENGTH_OCTETS_MAX 4
/* An INTEGER of LDAP's has no more (RFC 4511, 4.1.1). */
#define INTEGER_OCTETS_MAX 4

/* resultCode (RFC 4511, 4.1.9). */
#define SUCCESS 0
#define PROTOCOL_ERROR 2

/* Takes a whole number that is not negative off `from`; -1: it is none. */
static long
take_integer(struct der *from, unsigned char tag)
{
	struct der number;
	long value = 0;

	if (der_take(from, tag, &number) == -1 || number.size < 1 ||
	    number.size > INTEGER_OCTETS_MAX || number.at[0] > 127)
		return -1;
	for (int i = 0; i < number.size; i++)
		value = value << 8 | number.at[i];
	return value;
}

/*
 * Reads one message and not an octet more.  Its content goes to `message`.
 * Returns 0 or -1.
 */
static int
read_message(struct exchange *e, struct der *message)
{
	const unsigned char *at = (const unsigned char *)e->line;
	struct der all;
	size_t more;
	int octets;
	long size;

	if (exchange_read_exact(e, 0, 2) == -1)
		return -1;
	exchange_note(e, e->line, 2);
	more = at[1] > 127 ? at[1] & 127 : 0;
	if (at[0] != DER_SEQUENCE || at[1] == 128 || more > LENGTH_OCTETS_MAX)
		return exchange_not_understood(e, "is not an LDAP message");
	if (more > 0 && exchange_read_exact(e, 2, more) == -1)
		return -1;
	size = asn1_get_length_der(at + 1, sizeof(e->line) - 1, &octets);
	if (size < 0)
		return exchange_broken(e, STREAM_TOO_LONG);
	if (exchange_read_exact(e, 2 + more, (size_t)size) == -1)
		return -1;
	all = (struct der){at, (int)(2 + more + (size_t)size)};
	return der_take(&all, DER_SEQUENCE, message) == 0
	           ? 0
	           : exchange_not_understood(e, "is broken");
}

/* The names of results that a server may have for StartTLS. */
static const char *
result_name(long code)
{
	static const struct {
		long code;
		const char *name;
	} names[] = {
	    {SUCCESS, "success"},
	    {1, "operationsError"},
	    {PROTOCOL_ERROR, "protocolError"},
	    {8, "strongerAuthRequired"},
	    {10, "referral"},
	    {51, "busy"},
	    {52, "unavailable"},
	    {53, "unwillingToPerform"},
	    {80, "other"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "resultCode";
}

/* Notes a result and the server's words as the last reply. */
static void
note_result(struct exchange *e, long code, const struct der *words)
{
	char text[EXCHANGE_REPLY_MAX + 1]; /* more than can be noted */

	snprintf(text, sizeof(text), "%s (%ld)%s%.*s", result_name(code), code,
	    words->size > 0 ? ": " : "", words->size, (const char *)words->at);
	exchange_note(e, text, strlen(text));
}

/* True if `rest` consists of whole elements. */
static bool
is_whole(struct der rest)
{
	while (rest.size > 0)
		if (der_take(&rest, rest.at[0], NULL) == -1)
			return false;
	return true;
}

static bool
is_start_tls(const struct der *name)
{
	static const char ours[] = START_TLS_NAME;

	return name->size == sizeof(ours) - 1 &&
	       memcmp(name->at, ours, sizeof(ours) - 1) == 0;
}

/*
 * Checks what follows the result of a success: no referral, and no name but
 * that of StartTLS (RFC 4511, 4.1.10 and 4.14.2).  Unknown elements have to be
 * ignored (4).  Returns 0 or -1.
 */
static int
check_success(struct exchange *e, struct der rest)
{
	struct der content;

	while (rest.size > 0) {
		unsigned char tag = rest.at[0];

		if (der_take(&rest, tag, &content) == -1)
			return exchange_not_understood(e, "is broken");
		if (tag == REFERRAL)
			return exchange_not_understood(e, "has a referral");
		if (tag == RESPONSE_NAME && !is_start_tls(&content))
			return exchange_not_understood(
			    e, "is to another operation");
	}
	return 0;
}

/* Reads the reply to StartTLS.  Returns its resultCode, or -1. */
static long
read_result(struct exchange *e)
{
	struct der message, response, name, words;
	long id, code;

	if (read_message(e, &message) == -1)
		return -1;
	id = take_integer(&message, DER_INTEGER);
	if (id == -1 ||
	    der_take(&message, EXTENDED_RESPONSE, &response) == -1 ||
	    (code = take_integer(&response, DER_ENUMERATED)) == -1 ||
	    der_take(&response, DER_OCTET_STRING, &name) == -1 ||
	    der_take(&response, DER_OCTET_STRING, &words) == -1 ||
	    !is_whole(response) || !is_whole(message))
		return exchange_not_understood(e, "is broken");
	note_result(e, code, &words);
	/* Notice of Disconnection (RFC 4511, 4.4.1). */
	if (id == 0)
		return exchange_fail(e, REASON_SERVICE_REFUSED,
		    "the server ends the connection: \"%s\"", e->said);
	if (id != 1)
		return exchange_not_understood(e, "is to another message");
	if (code == SUCCESS && check_success(e, response) == -1)
		return -1;
	return code;
}

int
ldap_upgrade(struct exchange *e)
{
	long code;

	if (exchange_send(e, "StartTLS", start_tls, sizeof(start_tls) - 1) ==
	    -1)
		return -1;
	code = read_result(e);
	if (code <= SUCCESS)
		return code == SUCCESS ? 0 : -1;
	/* RFC 4511, 4.14.1: the server does not know it. */
	if (code == PROTOCOL_ERROR)
		return exchange_not_upgraded(e);
	return exchange_fail(e, REASON_STARTTLS_REFUSED,
	    "the server refused StartTLS: \"%s\"", e->said);
}

/* It has no reply (RFC 4511, 4.3), so the end follows at once: a server that
 * waits for it need not be waited for. */
int
ldap_farewell(struct exchange *e)
{
	if (exchange_send(e, "Unbind", unbind, sizeof(unbind) - 1) == -1)
		return -1;
	/* If the connection broke, the next read tells. */
	(void)stream_end(e->stream);
	return 0;
}
