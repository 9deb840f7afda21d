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
 * Writes the peer's one name for the log, address and port, to `text`,
 * ADDRESS_TEXT_MAX octets.  It takes no look at anything but the address, so it
 * is the same in a sandbox: the zone of a link-local address is the
 * interface's number.  A peer on a unix socket is "unix", as any name it has is
 * of its own choice.
 */
void peer_format(const struct peer *, char *text);

/* The same without port or brackets. */
void peer_format_host(const struct peer *, char *text);

#endif
