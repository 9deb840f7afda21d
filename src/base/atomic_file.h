/*
 * Replacing a file atomically.
 */
#ifndef PINGTLS_ATOMIC_FILE_H
#define PINGTLS_ATOMIC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Replaces the contents and mode of `path`.  Readers see either the complete
 * old file or the complete new one: it is written to a temporary file in the
 * same directory, which is then renamed.  A symbolic link is replaced, too, not
 * followed.  Returns 0, or -1 with errno, in which case the old file is
 * unchanged; with ENOTSUP what has the name is a device, a FIFO or a socket.
 */
int atomic_file_write(
    const char *path, const void *octets, size_t size, mode_t mode);

#endif
