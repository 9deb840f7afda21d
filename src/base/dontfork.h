/*
 * Memory that children do not inherit (MADV_DONTFORK in madvise(2)).  A session
 * that was taken over cannot read it, and the listener's writes to it after a
 * fork cause no copy-on-write faults.
 */
#ifndef PINGTLS_DONTFORK_H
#define PINGTLS_DONTFORK_H

#include <stddef.h>

/* Allocates zeroed memory.  Returns NULL with errno. */
void *dontfork_new(size_t size);

/* Frees memory of the size it was allocated with.  NULL is allowed. */
void dontfork_free(void *memory, size_t size);

#endif
