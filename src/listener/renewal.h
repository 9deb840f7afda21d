/*
 * The current credentials of the listener, and their renewal: at a reload, and
 * when the keyholder has ended.  The loader reads the files; only
 * renewal_start() waits for it.
 */
#ifndef PINGTLS_RENEWAL_H
#define PINGTLS_RENEWAL_H

#include <poll.h>
#include <stdbool.h>

#include "base/deadline.h"
#include "credentials/credentials.h"
#include "listener/notifier.h"
#include "loader/loader.h"

struct renewal;

/*
 * For the credentials that the options name; they and the loader must outlive
 * the object.  Until the first load sessions cannot be upgraded.  Returns NULL
 * after logging one line.
 */
struct renewal *renewal_new(
    struct loader *, const struct credentials_options *);

/* Who tells systemd of reloads; it must be set before the first one. */
void renewal_set_notifier(struct renewal *, struct notifier *);

/* NULL is allowed. */
void renewal_free(struct renewal *);

/* Makes the first load and waits for it, unless `cancel_fd` becomes readable.
 * Returns 0, or -1 after logging the cause if it was not cancelled; with
 * `go_on` the load will be tried again. */
int renewal_start(struct renewal *, bool go_on, int cancel_fd);

/* The current credentials. */
struct credentials *renewal_credentials(const struct renewal *);

/* True if sessions can be upgraded. */
bool renewal_able(const struct renewal *);

/* Begins a reload (SIGHUP).  If it fails the current credentials stay in use.
 * systemd is notified when it begins and ends. */
void renewal_reload(struct renewal *);

/* Descriptors to poll(2) before renewal_continue(). */
#define RENEWAL_FDS 4
void renewal_poll(const struct renewal *, struct pollfd fds[RENEWAL_FDS]);

/* When renewal_continue() must be called even if no descriptor is ready. */
deadline renewal_deadline(const struct renewal *);

/* Continues loads and reloads, after poll(2) or at the deadline. */
void renewal_continue(struct renewal *, const struct pollfd fds[RENEWAL_FDS]);

#endif
