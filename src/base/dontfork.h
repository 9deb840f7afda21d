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

/* Objects of one size in such memory. */
struct dontfork_pool;

/* Makes a pool for up to `most` objects of `size` octets.  Returns NULL with
 * errno. */
struct dontfork_pool *dontfork_pool_new(size_t size, size_t most);

/* Frees the pool with all its objects.  NULL is allowed. */
void dontfork_pool_free(struct dontfork_pool *);

/* Takes a zeroed object from the pool.  Returns NULL with errno ENOMEM when all
 * are taken. */
void *dontfork_pool_take(struct dontfork_pool *);

/* Gives an object back.  NULL is allowed. */
void dontfork_pool_give(struct dontfork_pool *, void *object);

#endif
