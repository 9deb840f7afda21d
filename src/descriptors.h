/*
 * The descriptors of a process that needs few: all others are closed, so that
 * it holds nothing which it was not given on purpose.
 */
#ifndef PINGTLS_DESCRIPTORS_H
#define PINGTLS_DESCRIPTORS_H

#include <stddef.h>

/*
 * Closes every descriptor from 3 on but the `count` in `keep`, of which any may
 * be -1.
 */
void descriptors_keep(const int *keep, size_t count);

#endif
