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

#endif
