#include "services/protocols.h"

#include <stdio.h>
#include <string.h>

#include "services/exchange_internal.h"

/* A packet has three octets of size and its sequence number before the
 * payload. */
#define HEADER 4

/* The first octet of a payload. */
enum {
	OK = 0x00,
	VERSION_10 = 0x0a,
	AUTH_SWITCH = 0xfe,
	ERROR = 0xff,
};

/* The server's capability for TLS. */
#define CLIENT_SSL 0x0800

/*
 * The start of SSLRequest and HandshakeResponse41: the capabilities CLIENT_SSL,
 * CLIENT_PROTOCOL_41 and CLIENT_SECURE_CONNECTION, packets of up to 16 MiB, the
 * character set utf8, and 23 reserved octets.
 */
#define CAPABILITIES "\x00\x8a\x00\x00\x00\x00\x00\x01\x21"
#define RESERVED "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const char ssl_request[] = "\x20\0\0\x01" CAPABILITIES RESERVED;
/* HandshakeResponse41 with an empty user name and authentication response. */
static const char empty_login[] = "\x22\0\0\x02" CAPABILITIES RESERVED "\0\0";
static const char quit[] = "\x01\0\0\0\x01";

static unsigned int
two_octets(const char *at)
{
	return (unsigned int)(unsigned char)at[0] |
	       (unsigned int)(unsigned char)at[1] << 8;
}

/*
 * Reads the packet with sequence number `number`; its payload is stored at the
 * start of `line`.  Returns the payload's size, which is not 0, or -1.
 */
static ssize_t
read_packet(struct exchange *e, unsigned char number)
{
	size_t size;

	if (exchange_read_exact(e, 0, HEADER) == -1)
		return -1;
	exchange_note(e, e->line, HEADER);
	size = two_octets(e->line) | (size_t)(unsigned char)e->line[2] << 16;
	if (size == 0 || size > sizeof(e->line))
		return exchange_not_understood(e, "is not a MySQL packet");
	if ((unsigned char)e->line[3] != number)
		return exchange_not_understood(e, "is out of sequence");
	return exchange_read_exact(e, 0, size) == -1 ? -1 : (ssize_t)size;
}

/* Records the text of an ERR packet, for example "1040 Too many connections".
 * Returns its code. */
static unsigned int
note_error_packet(struct exchange *e, size_t size)
{
	char text[EXCHANGE_REPLY_MAX + 1]; /* more than can be noted */
	const char *words = e->line + 3;
	unsigned int code = 0;
	int words_size = (int)size - 3;

	if (size >= 3)
		code = two_octets(e->line + 1);
	else
		words_size = 0;
	/* The text may follow "#" and the five octets of an SQL state. */
	if (words_size >= 6 && words[0] == '#') {
		words += 6;
		words_size -= 6;
	}
	snprintf(text, sizeof(text), "%u %.*s", code, words_size, words);
	exchange_note(e, text, strlen(text));
	return code;
}

/*
 * True if an ERR packet denies the login: by its SQL state, whose class 28 is
 * "invalid authorization", or by its code if the state has another class or is
 * missing.  Any other error would meet whoever logs in.
 */
static bool
is_denial(const char *packet, size_t size)
{
	switch (size < 3 ? 0 : two_octets(packet + 1)) {
	case 1045: /* access denied */
	case 1251: /* by a method that the client lacks */
	case 1698: /* by another method than a password */
	case 3118: /* the account is locked: MySQL */
	case 4151: /* MariaDB */
		return true;
	default:
		return size >= 6 && memcmp(packet + 3, "#28", 3) == 0;
	}
}

/* Explains errors that a server can send to anyone. */
static const char *
explained(unsigned int code)
{
	switch (code) {
	case 1040:
		return " (it has as many connections as it takes)";
	case 1129:
		return " (this host is locked out for too many errors: "
		       "max_connect_errors)";
	case 1130:
		return " (no account may be used from this host)";
	default:
		return "";
	}
}

static int
refused(struct exchange *e, size_t size)
{
	unsigned int code = note_error_packet(e, size);

	return exchange_fail(e, REASON_SERVICE_REFUSED,
	    "the server refused service: \"%s\"%s", e->said, explained(code));
}

int
mysql_greeting(struct exchange *e)
{
	ssize_t size = read_packet(e, 0);
	const char *end;
	size_t rest;

	if (size == -1)
		return -1;
	if ((unsigned char)e->line[0] == ERROR)
		return refused(e, (size_t)size);
	end = memchr(e->line + 1, '\0', (size_t)size - 1);
	if (e->line[0] != VERSION_10 || end == NULL)
		return exchange_not_understood(e, "is not a MySQL greeting");
	exchange_note(e, e->line + 1, (size_t)(end - e->line) - 1);
	/* The version's NUL, the thread id, part of the salt, 0, capabilities.
	 */
	rest = (size_t)(e->line + size - end);
	if (rest < 1 + 4 + 8 + 1 + 2)
		return exchange_not_understood(e, "is cut off");
	e->offered = two_octets(end + 1 + 4 + 8 + 1) & CLIENT_SSL
	                 ? EXCHANGE_OFFERED
	                 : EXCHANGE_NOT_OFFERED;
	return 0;
}

int
mysql_upgrade(struct exchange *e)
{
	/* An attacker may have cleared it to prevent TLS (CVE-2015-3152). */
	if (e->offered != EXCHANGE_OFFERED)
		return exchange_fail(e, REASON_STARTTLS_NOT_SUPPORTED,
		    "the server does not offer TLS: its capability CLIENT_SSL "
		    "is not set (version \"%s\")",
		    e->said);
	return exchange_send(
	    e, "SSLRequest", ssl_request, sizeof(ssl_request) - 1);
}

/*
 * Logs in with an empty user name, which the server refuses with "Access
 * denied" (1045).  Merely closing would count as an error of this host, and the
 * server locks hosts out after max_connect_errors of them.
 */
int
mysql_farewell(struct exchange *e)
{
	unsigned char number = 3;
	char empty[HEADER] = {0};
	ssize_t size;

	if (exchange_send(e, "the empty login", empty_login,
		sizeof(empty_login) - 1) == -1)
		return -1;
	if ((size = read_packet(e, number)) == -1)
		return -1;
	/* The server wants another authentication method: no response to
	 * that either. */
	if ((unsigned char)e->line[0] == AUTH_SWITCH) {
		empty[HEADER - 1] = (char)++number;
		if (exchange_send(e, "the empty login", empty, HEADER) == -1 ||
		    (size = read_packet(e, ++number)) == -1)
			return -1;
	}
	switch ((unsigned char)e->line[0]) {
	case ERROR:
		return is_denial(e->line, (size_t)size)
		           ? 0
		           : refused(e, (size_t)size);
	case OK:
		return exchange_send(e, "QUIT", quit, sizeof(quit) - 1);
	default:
		return exchange_not_understood(e, "is neither OK nor an error");
	}
}
