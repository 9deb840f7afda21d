/*
 * Files that are read whole.
 */
#ifndef PINGTLS_FILE_H
#define PINGTLS_FILE_H

#include <stddef.h>

/*
 * Reads all of `path`, which may be anything that ends: a pipe, too.  Returns
 * its octets, a NUL that `*size` does not count behind them, for free(3); or
 * NULL with errno (EFBIG: there are more than `most`).
 */
unsigned char *file_read(const char *path, size_t most, size_t *size);

#endif
