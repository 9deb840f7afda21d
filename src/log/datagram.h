/*
 * Datagrams to a unix socket of the system: its journal, its syslog, its
 * service manager.  Sending never waits, since the reader may have stopped.
 */
#ifndef PINGTLS_DATAGRAM_H
#define PINGTLS_DATAGRAM_H

#include <stddef.h>

/*
 * A socket connected to `path`; one that begins with @ is abstract (unix(7)).
 * Returns it, or -1 with errno.
 */
int datagram_open(const char *path);

/* Sends one datagram on it.  Returns 0, or -1 with errno: EAGAIN if it would
 * have to wait. */
int datagram_send(int fd, const void *octets, size_t size);

#endif
