/*
 * The keyholder at work: it takes channels from its control socket, and serves
 * one request on each.
 */
#ifndef PINGTLS_KEYHOLDER_SERVE_H
#define PINGTLS_KEYHOLDER_SERVE_H

#include <stddef.h>
#include <sys/types.h>

#include "keyholder/keys.h"

struct keyholder_service;

/*
 * A service at the end `control` of the control socket, which signs with
 * `keys`; both stay the caller's.  To be made before the process is confined,
 * as it makes a descriptor.  Returns NULL with errno.
 */
struct keyholder_service *keyholder_service_new(int control, struct keys *);

/* NULL is allowed. */
void keyholder_service_free(struct keyholder_service *);

/*
 * Serves until the control socket is closed at its other end; or, when no more
 * is to come from it, until the last channel is closed.  If the keys are not
 * read yet, they are when the first session asks.
 *
 * A channel is closed after its one reply, at its end, and at anything that is
 * no request.
 */
void keyholder_serve(struct keyholder_service *);

#endif
