/*
 * The descriptors of a process: the standard ones are there, and at last none
 * that it was not given on purpose.
 */
#ifndef PINGTLS_DESCRIPTORS_H
#define PINGTLS_DESCRIPTORS_H

#include <stddef.h>

/*
 * Sees to it that 0, 1 and 2 are taken.  If one was closed, the next socket
 * would get its number, and what is meant for a person would go to a peer.  The
 * /dev/null that is opened in its place is open the wrong way, so that to use
 * it still fails with EBADF.  Returns 0, or -1 with errno.
 */
int descriptors_reserve_standard(void);

/* Has 0, 1 and 2 lead to /dev/null; closes what cannot. */
void descriptors_drop_standard(void);

/*
 * Closes every descriptor from 3 on but the `count` in `keep`, of which any may
 * be -1.  Where that cannot be done the process ends by SIGABRT: it never goes
 * on with a descriptor that it should not have.
 */
void descriptors_keep(const int *keep, size_t count);

#endif
