/*
 * A load in progress, as the listener sees it: asked of the loader, taken in
 * piece by piece without a wait, and at its end a bundle and a keyholder.
 */
#ifndef PINGTLS_LOAD_H
#define PINGTLS_LOAD_H

#include "base/deadline.h"
#include "credentials/bundle.h"
#include "loader/loader.h"

struct load;

/* Asks the loader for one.  Returns NULL after logging one line. */
struct load *load_begin(struct loader *);

/* Gives it up, if it is not done.  NULL is allowed. */
void load_free(struct load *);

/* Its channel, to poll(2) for POLLIN; and when it is given up.  At either,
 * load_continue() is due. */
int load_fd(const struct load *);
deadline load_deadline(const struct load *);

enum load_progress {
	LOAD_PENDING,
	LOAD_FAILED, /* a line was logged */
	LOAD_DONE,
};

/* Takes what has come.  Once it has failed or is done, it is not called again.
 */
enum load_progress load_continue(struct load *);

/* Waits for the end of it. */
enum load_progress load_wait(struct load *);

/* Of one that is done: what the files hold, good until load_free().  Returns 0,
 * or -1 after logging one line. */
int load_bundle(const struct load *, struct bundle *);

/* Of one that is done: the control socket of its keyholder, from now on the
 * caller's. */
int load_take_keyholder(struct load *);

#endif
