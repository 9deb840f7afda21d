/*
 * The pingtls protocol, version 1, as data: commands, replies and limits.  See
 * pingtls-protocol(7).
 */
#ifndef PINGTLS_PROTOCOL_H
#define PINGTLS_PROTOCOL_H

#include <stddef.h>

#define PROTOCOL_PORT "10001"

/* The maximum length of a line in octets, LF included. */
#define PROTOCOL_LINE_MAX 512

enum protocol_command {
	PROTOCOL_EMPTY,
	PROTOCOL_PING,
	PROTOCOL_STARTTLS,
	PROTOCOL_QUIT,
	PROTOCOL_UNKNOWN,
};

/*
 * Recognises the command in `line`, `length` octets without the LF and trailing
 * white space.  The whole line is compared, ignoring case.
 */
enum protocol_command protocol_parse(const char *line, size_t length);

/* The replies, with their LF. */
#define PROTOCOL_PONG "PONG\n"
#define PROTOCOL_ENCRYPTED "ERR already encrypted\n"
#define PROTOCOL_NO_COMMAND "ERR unknown command\n"
#define PROTOCOL_TOO_LONG "ERR line too long\n"
#define PROTOCOL_TIMEOUT "ERR timeout\n"
#define PROTOCOL_ERRORS "ERR too many errors\n"
/* Sent by the listener when it refuses a connection. */
#define PROTOCOL_BUSY "ERR too many sessions\n"
#define PROTOCOL_BUSY_SOURCE "ERR too many sessions from your address\n"
#define PROTOCOL_TOO_FAST "ERR too many connections from your address\n"
#define PROTOCOL_PENALISED "ERR too many failures from your address\n"

#endif
