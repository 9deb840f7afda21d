/*
 * Memory that is the listener's alone: fork(2) does not pass it on
 * (MADV_DONTFORK, madvise(2)).  No session has it, and none of its pages are
 * copied when the listener writes to them after a fork.
 */
#ifndef PINGTLS_DONTFORK_H
#define PINGTLS_DONTFORK_H

#include <stddef.h>

/* Zeroed memory.  Returns NULL with errno. */
void *dontfork_new(size_t size);

/* The same, but a child that is given a part of it after all (MADV_DOFORK)
 * shares that with us. */
void *dontfork_new_for_children(size_t size);

/* Frees what either made with this size.  NULL is allowed. */
void dontfork_free(void *memory, size_t size);

#endif
