/*
 * The listening sockets: bound by us, or inherited from systemd.
 */
#ifndef PINGTLS_SOCKETS_H
#define PINGTLS_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

/* --listen given more often than this is a mistake. */
#define SOCKETS_MAX 64

struct sockets {
	size_t count;
	int fds[SOCKETS_MAX];
	char *paths[SOCKETS_MAX]; /* of unix sockets that we bound, or NULL */
};

/*
 * Binds each of the `count` addresses ("port", "host:port", "[ipv6]:port",
 * "/path") and listens; a host with several addresses gets a socket for each.
 * None at all means the default port on every address.
 *
 * IPv6 sockets take IPv6 only (RFC 3493, 5.3), so "[::]:PORT" and
 * "0.0.0.0:PORT" go together.  A unix socket left behind by a process that is
 * gone is replaced.  Returns 0, or -1 after logging one line.
 */
int sockets_listen(
    struct sockets *, const char *const *addresses, size_t count);

/*
 * Takes over the `count` sockets that systemd passed: listening
 * stream sockets all.  Returns 0, or -1 after logging one line.
 */
int sockets_inherit(struct sockets *, int count);

/* Whether descriptor `fd` is a stream socket that is connected. */
bool sockets_is_connected(int fd);

/* Logs a line for each: where it listens. */
void sockets_announce(const struct sockets *);

/* Closes them all. */
void sockets_close(struct sockets *);

/* Closes them all, and removes the paths of the unix sockets that we bound. */
void sockets_remove(struct sockets *);

#endif
