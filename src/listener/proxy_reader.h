/*
 * Reads the PROXY header of a connection and not one octet more: what follows
 * is the client's, and may be the first octet of a TLS ClientHello.
 *
 * It peeks at the input (MSG_PEEK), parses it, and reads only what belongs to
 * the header.  It also reads the octets of an incomplete header: left unread,
 * they would keep the descriptor readable, and polling it would spin.
 */
#ifndef PINGTLS_PROXY_READER_H
#define PINGTLS_PROXY_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "listener/proxy.h"

/* The header of one connection as far as it was received.  Initially zero. */
struct proxy_reader {
	struct proxy_header header; /* valid after PROXY_COMPLETE */
	size_t taken;               /* octets read so far */
	uint8_t octets[PROXY_DECIDED];
};

enum proxy_progress {
	PROXY_COMPLETE,   /* the client's input follows */
	PROXY_INCOMPLETE, /* call again when the descriptor is readable */
	PROXY_MALFORMED,  /* not a header; the offending octets are not read */
	PROXY_CLOSED,     /* end of file within the header */
	PROXY_FAILED,     /* see errno */
};

/* Reads what is available without waiting, even if `fd` is blocking. */
enum proxy_progress proxy_receive(struct proxy_reader *, int fd);

/*
 * Waits for the complete header, for processes that serve a single connection.
 * Returns PROXY_FAILED with errno ETIMEDOUT if it is not complete by the
 * deadline, and never PROXY_INCOMPLETE.
 */
enum proxy_progress proxy_wait(struct proxy_reader *, int fd, deadline when);

#endif
