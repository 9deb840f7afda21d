/*
 * A load of the credentials, as seen by the listener: requested from the
 * loader, received in parts without blocking, it yields a bundle and a
 * keyholder.
 */
#ifndef PINGTLS_LOAD_H
#define PINGTLS_LOAD_H

#include "base/deadline.h"
#include "credentials/bundle.h"
#include "loader/loader.h"

struct load;

/* Requests a load.  Returns NULL after logging one line. */
struct load *load_begin(struct loader *);

/* Abandons the load unless it is done.  NULL is allowed. */
void load_free(struct load *);

/* load_continue() must be called when this descriptor is readable, or at this
 * deadline, at which the load is abandoned. */
int load_fd(const struct load *);
deadline load_deadline(const struct load *);

enum load_progress {
	LOAD_PENDING,
	LOAD_FAILED, /* a line was logged */
	LOAD_DONE,
};

/* Receives what has come.  Must not be called again after LOAD_FAILED or
 * LOAD_DONE. */
enum load_progress load_continue(struct load *);

/* Waits until the load has ended, or is abandoned (LOAD_FAILED, without a line)
 * as `cancel_fd` is readable; -1: none. */
enum load_progress load_wait(struct load *, int cancel_fd);

/* After LOAD_DONE: parses the bundle, which is valid until load_free(). Returns
 * 0, or -1 after logging one line. */
int load_bundle(const struct load *, struct bundle *);

/* After LOAD_DONE: returns the control socket of the keyholder, of which the
 * caller takes ownership. */
int load_take_keyholder(struct load *);

#endif
