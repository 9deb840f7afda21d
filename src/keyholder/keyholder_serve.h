/*
 * The main loop of the keyholder: receives channels over the control socket and
 * serves one request on each.
 */
#ifndef PINGTLS_KEYHOLDER_SERVE_H
#define PINGTLS_KEYHOLDER_SERVE_H

#include "keyholder/keys.h"

struct keyholder_service;

/*
 * Creates the service for its end `control` of the control socket and for
 * `keys`, which both remain the caller's.  Must be called before the process is
 * confined, since it opens a descriptor.  Returns NULL with errno.
 */
struct keyholder_service *keyholder_service_new(int control, struct keys *);

/* NULL is allowed. */
void keyholder_service_free(struct keyholder_service *);

/*
 * Serves until the other end of the control socket is closed or, after it was
 * shut down (keyholder_retire()), until the last channel is closed.  Keys that
 * have not been read yet are read at the first request.
 *
 * A channel is closed after one reply, at end of file, and after anything that
 * is not a valid request.
 */
void keyholder_serve(struct keyholder_service *);

#endif
