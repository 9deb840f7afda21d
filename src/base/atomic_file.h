/*
 * Files that are replaced in one step.
 */
#ifndef PINGTLS_ATOMIC_FILE_H
#define PINGTLS_ATOMIC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Replaces `path` by a file with these octets and this mode: whoever reads it
 * sees the old one whole or the new one whole.  It is written beside it first.
 * Returns 0, or -1 with errno, and the old file stays.
 */
int atomic_file_write(
    const char *path, const void *octets, size_t size, mode_t mode);

#endif
