/*
 * The loader: the only process that opens files.
 *
 * It is forked before any socket is opened and keeps the privileges that the
 * server was started with.  For each load it forks a helper, which reads and
 * checks the certificates and keys, sends the listener the certificates, and
 * becomes the keyholder.  The loader also has the metrics file written, and
 * removes the pid file and unix sockets.  A file system that hangs blocks only
 * a helper.
 */
#ifndef PINGTLS_LOADER_H
#define PINGTLS_LOADER_H

#include <stddef.h>

#include "base/file.h"
#include "credentials/credentials_options.h"

/* How long a helper may take before it is killed. */
#define LOADER_TIME_MS FILE_TIME_MS

/* The maximum size of the metrics file. */
#define LOADER_TEXT_MAX 65536

/* All that the loader may read, write or remove. */
struct loader_options {
	const struct credentials_options *credentials;
	const char *metrics_file;  /* NULL: none */
	const char *pid_file;      /* NULL: none */
	const char *const *listen; /* addresses; paths are unix sockets */
	size_t listen_count;
};

struct loader;

/*
 * Forks the loader.  What the options point to must outlive it.  Returns NULL
 * after logging one line.
 */
struct loader *loader_start(const struct loader_options *);

/* Makes the loader exit, and waits a moment for it and for the keyholders that
 * are no longer used.  NULL is allowed. */
void loader_end(struct loader *);

/* A descriptor that is readable when loader_handle() must be called; -1 if the
 * loader has ended. */
int loader_fd(const struct loader *);

/* Logs the messages of the loader, and its end. */
void loader_handle(struct loader *);

/* Requests that the metrics file be written.  Returns 0, or -1 with errno:
 * EAGAIN if the loader is busy, EPIPE if it has ended.  The loader logs errors
 * of writing. */
int loader_write_metrics(struct loader *, const char *text, size_t size);

/* Request that the unix sockets bound, or the pid file, be removed. */
void loader_remove_sockets(struct loader *);
void loader_remove_pid_file(struct loader *);

#endif
