/*
 * An address to listen on, as users write it.
 */
#ifndef PINGTLS_LISTEN_ADDRESS_H
#define PINGTLS_LISTEN_ADDRESS_H

#include <sys/un.h>

#include "base/address.h"

struct listen_address {
	struct sockaddr_un local;    /* with no path: one of TCP */
	char host[ADDRESS_HOST_MAX]; /* "": any */
	char port[ADDRESS_PORT_MAX];
};

/*
 * Parses "port", "host:port", "[ipv6]:port", "host" or "/path".  Looks no host
 * up: a name is accepted if there may be one like it.  Returns what is wrong, a
 * constant string, or NULL.
 */
const char *listen_address_parse(struct listen_address *, const char *text);

#endif
