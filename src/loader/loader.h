/*
 * The loader: the one process that opens files.
 *
 * It is forked before anything else, keeps the privileges that the service was
 * started with, and has no way to the network.  For each load it forks a
 * helper, which reads the certificates and keys, checks them, becomes the
 * keyholder, and sends the listener what it needs to serve with them.  It also
 * writes the metrics file and removes what was created.  A file system that
 * hangs holds a helper, and no one else.
 */
#ifndef PINGTLS_LOADER_H
#define PINGTLS_LOADER_H

#include <stddef.h>

#include "credentials/credentials_options.h"

/* How long a load, or the writing of the metrics file, may take until its
 * process is killed.  It is a matter of milliseconds, and of seconds where a
 * file system is mounted on demand. */
#define LOADER_TIME_MS 10000

/* Octets of a metrics file. */
#define LOADER_TEXT_MAX 65536

/* What the loader may touch: nothing but this. */
struct loader_options {
	const struct credentials_options *credentials;
	const char *metrics_file;  /* NULL: none */
	const char *pid_file;      /* NULL: none */
	const char *const *listen; /* addresses; those with '/' are unix */
	size_t listen_count;
};

struct loader;

/*
 * Forks the loader.  What the options point to must outlive it.  Returns NULL
 * after logging one line.
 */
struct loader *loader_start(const struct loader_options *);

/* Has the loader end, and waits for it, but not long.  NULL is allowed. */
void loader_end(struct loader *);

/* The loader's socket, to poll(2) for POLLIN; then loader_handle() is due.  -1:
 * the loader is gone. */
int loader_fd(const struct loader *);

/* Logs the lines that came from the loader, its end too. */
void loader_handle(struct loader *);

/* Has the metrics file written with this text.  Returns 0, or -1 with errno:
 * EAGAIN where the loader does not keep up, EPIPE where it is gone.  A file
 * that cannot be written is for the loader to log. */
int loader_write_metrics(struct loader *, const char *text, size_t size);

/* Removes the unix sockets that were bound, or the pid file. */
void loader_remove_sockets(struct loader *);
void loader_remove_pid_file(struct loader *);

#endif
