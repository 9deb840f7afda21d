/*
 * The listener: accepts connections, forks a process for each, reaps them, and
 * does what signals ask.
 */
#ifndef PINGTLS_LISTENER_H
#define PINGTLS_LISTENER_H

#include "listener/listener_options.h"
#include "listener/renewal.h"
#include "listener/sockets.h"
#include "loader/loader.h"

struct listener;

/*
 * A listener on `sockets`.  From here on the signals it handles are blocked and
 * wait for listener_run.  Everything passed stays the caller's and must outlive
 * it.  Returns NULL after logging one line.
 */
struct listener *listener_new(const struct listener_options *, struct sockets *,
    struct loader *, struct renewal *);

/* NULL is allowed. */
void listener_free(struct listener *);

/*
 * Serves until SIGTERM or SIGINT, and until the sessions have then ended or
 * been ended.  SIGHUP loads the credentials anew, SIGUSR1 logs the counters.
 * Tells systemd of it all (sd_notify(3)).
 *
 * Returns the exit status.  A forked session never returns.
 */
int listener_run(struct listener *);

#endif
