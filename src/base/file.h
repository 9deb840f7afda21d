/*
 * Reading a whole file into memory.
 */
#ifndef PINGTLS_FILE_H
#define PINGTLS_FILE_H

#include <stddef.h>

/*
 * Reads `path` up to end of file; it need not be a regular file.  Returns the
 * contents, for free(3), with a terminating NUL that `*size` does not count; or
 * NULL with errno (EFBIG: more than `most` octets).
 */
unsigned char *file_read(const char *path, size_t most, size_t *size);

#endif
