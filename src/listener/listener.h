/*
 * The listener, the main process of the server: accepts connections, forks a
 * session for each, reaps them, and handles signals.
 */
#ifndef PINGTLS_LISTENER_H
#define PINGTLS_LISTENER_H

#include "listener/listener_options.h"
#include "listener/renewal.h"
#include "listener/sockets.h"
#include "loader/loader.h"

struct listener;

/* The signals that listener_run() handles wait for it from now on: to be called
 * before anyone is told of this process. */
void listener_block_signals(void);

/*
 * A listener on `sockets`, signals blocked.  Everything passed stays the
 * caller's and must outlive it.  Returns NULL after logging one line.
 */
struct listener *listener_new(const struct listener_options *, struct sockets *,
    struct loader *, struct renewal *);

/* NULL is allowed. */
void listener_free(struct listener *);

/*
 * Serves until SIGTERM or SIGINT, and then until all sessions have ended or
 * have been killed.  SIGHUP reloads the credentials, SIGUSR1 logs the counters.
 * Notifies systemd (sd_notify(3)).
 *
 * Returns the exit status.  A forked session never returns.
 */
int listener_run(struct listener *);

#endif
