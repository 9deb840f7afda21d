/*
 * The credentials that sessions are served with, and their renewal: at a
 * reload, and when the keyholder has ended.  Files are the loader's affair,
 * which takes its time; nothing here waits for it but renewal_start().
 */
#ifndef PINGTLS_RENEWAL_H
#define PINGTLS_RENEWAL_H

#include <poll.h>
#include <stdbool.h>

#include "base/deadline.h"
#include "credentials/credentials.h"
#include "loader/loader.h"

struct renewal;

/*
 * Renews by `loader` what the options say; both must outlive it.  At first
 * there are credentials with which no session can be upgraded.  Returns NULL
 * after logging one line.
 */
struct renewal *renewal_new(
    struct loader *, const struct credentials_options *);

/* NULL is allowed. */
void renewal_free(struct renewal *);

/* The first load, waited for.  Returns 0; or -1 after logging the cause: with
 * `go_on` it will be tried again. */
int renewal_start(struct renewal *, bool go_on);

/* What to serve with now. */
struct credentials *renewal_credentials(const struct renewal *);

/* Whether a session can be upgraded. */
bool renewal_able(const struct renewal *);

/* SIGHUP: everything is to be loaded anew.  What cannot be leaves the old in
 * use.  The service manager is told of the beginning and the end. */
void renewal_reload(struct renewal *);

/* Descriptors to poll(2). */
#define RENEWAL_FDS 4
void renewal_poll(const struct renewal *, struct pollfd fds[RENEWAL_FDS]);

/* When there is something to do, should no descriptor say so before. */
deadline renewal_deadline(const struct renewal *);

/* Does what is due, after poll(2) or at the deadline. */
void renewal_continue(struct renewal *, const struct pollfd fds[RENEWAL_FDS]);

#endif
