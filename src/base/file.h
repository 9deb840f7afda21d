/*
 * Reading files: a whole one into memory, and limiting the time that takes.
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

/*
 * How long a process may wait for files.  Usually milliseconds, or seconds if a
 * file system must be mounted first.
 */
#define FILE_TIME_MS 10000

/*
 * Begins and ends the reading of files in this process.  If it takes longer
 * than FILE_TIME_MS, the call that waits, for example open(2) of a FIFO, fails
 * with EINTR.  A second later SIGALRM kills the process: not every file system
 * can be interrupted.
 */
void file_time_begin(void);
void file_time_end(void);

/* Describes the errno of a file that could not be read: strerror(3), but says
 * of EINTR that the time was over. */
const char *file_error(int error);

#endif
