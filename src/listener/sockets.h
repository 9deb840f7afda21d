/*
 * The listening sockets, bound by the server or passed by systemd.
 */
#ifndef PINGTLS_SOCKETS_H
#define PINGTLS_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

/* More than anyone needs. */
#define SOCKETS_MAX 64

struct sockets {
	size_t count;
	int fds[SOCKETS_MAX];
	char *paths[SOCKETS_MAX]; /* of unix sockets bound here, or NULL */
};

/*
 * Binds each of the `count` addresses ("port", "host:port", "[ipv6]:port",
 * "/path") and listens; a host with several addresses gets a socket for each
 * that this machine has, with a warning of one that it lacks.  None at all
 * means the default port on every address.
 *
 * IPv6 sockets take IPv6 only (RFC 3493, 5.3), so "[::]:PORT" and
 * "0.0.0.0:PORT" go together.  A unix socket is for all who reach its path,
 * whatever the umask.  One left behind by a process that is
 * gone is replaced.  Returns 0, or -1 after logging one line.
 */
int sockets_listen(
    struct sockets *, const char *const *addresses, size_t count);

/* Checks that these have the form of addresses (listen_address.h).  Returns 0,
 * or -1 after logging one line. */
int sockets_check(const char *const *addresses, size_t count);

/*
 * Takes over the `count` sockets passed by systemd, which must be listening
 * stream sockets.  Returns 0, or -1 after logging one line.
 */
int sockets_inherit(struct sockets *, int count);

/* True if `fd` is a connected stream socket. */
bool sockets_is_connected(int fd);

/*
 * True if `fd` is a stream socket that does not listen: one that is connected,
 * or was until its peer reset the connection.
 */
bool sockets_is_connection(int fd);

/* Logs the address of each. */
void sockets_announce(const struct sockets *);

/* Closes them all. */
void sockets_close(struct sockets *);

/* Closes them all, and removes the unix sockets bound here. */
void sockets_remove(struct sockets *);

#endif
