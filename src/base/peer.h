/*
 * The peer of an accepted connection.
 */
#ifndef PINGTLS_PEER_H
#define PINGTLS_PEER_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/source.h"

struct peer {
	struct source source;
	int64_t began; /* deadline_now() */
	struct sockaddr_storage address;
	socklen_t length;
};

/*
 * Writes the peer's address and port, as all log lines show them, to `text`
 * (ADDRESS_TEXT_MAX octets).  Nothing is looked up, so the text is the same in
 * a sandbox: the zone of a link-local address is the interface's number.  A
 * peer on a unix socket is "unix", since it chose any name that it has.
 */
void peer_format(const struct peer *, char *text);

/* The same without port or brackets. */
void peer_format_host(const struct peer *, char *text);

#endif
