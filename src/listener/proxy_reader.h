/*
 * Takes the PROXY protocol's header off a connection, and not one octet more:
 * what follows is the client's, and may be the first of a TLS ClientHello.
 *
 * Octets are looked at (MSG_PEEK), judged, and taken only as far as they are
 * the header's.  Those of a header still incomplete are taken too, so that a
 * proxy which sends them one by one does not leave the descriptor readable
 * with nothing to do, and whoever polls it spinning.
 */
#ifndef PINGTLS_PROXY_READER_H
#define PINGTLS_PROXY_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "listener/proxy.h"

/* One connection's header as far as it has come.  Zero at first. */
struct proxy_reader {
	struct proxy_header header; /* good after PROXY_COMPLETE */
	size_t taken;               /* octets of it, from the kernel */
	uint8_t octets[PROXY_DECIDED];
};

enum proxy_progress {
	PROXY_COMPLETE,   /* what is read next is the client's */
	PROXY_INCOMPLETE, /* call again when the descriptor is readable */
	PROXY_MALFORMED,  /* no header; the octets that say so are left */
	PROXY_CLOSED,     /* ended before the header did */
	PROXY_FAILED,     /* errno says why */
};

/* Reads what there is, without waiting, whether `fd` would block or not. */
enum proxy_progress proxy_receive(struct proxy_reader *, int fd);

/*
 * Waits for the header: for the ways to run in which a process has one
 * connection and nothing else to do.  PROXY_FAILED with errno ETIMEDOUT if it
 * is not complete by the deadline; never returns PROXY_INCOMPLETE.
 */
enum proxy_progress proxy_wait(struct proxy_reader *, int fd, deadline when);

#endif
