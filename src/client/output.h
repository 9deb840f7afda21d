/*
 * Output to standard output and standard error.  Their reader may be slow or
 * stopped, so writes are interrupted by the signals and the deadline of the
 * run.
 */
#ifndef PINGTLS_OUTPUT_H
#define PINGTLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/control.h"

/* The maximum length of a line with its LF; longer ones are truncated. */
#define OUTPUT_LINE_MAX 8192

struct output {
	int fd, given;
	bool is_socket, may_block;
	struct control *control;
	int error; /* errno of the first write that failed, or 0 */
};

/*
 * Opens an output to the descriptor `given`, which remains the caller's.  A
 * pipe or a terminal is reopened if possible: the original, which other
 * programs share, must not become non-blocking.
 */
void output_open(struct output *, int given, struct control *);
void output_close(struct output *);

/*
 * Writes all of the data.  Returns 0, or -1 with errno: ETIMEDOUT or ECANCELED
 * if it was not read in time.  After a failure all calls fail in the same way.
 */
int output_write(struct output *, const char *data, size_t size);

/* Writes text formatted as by printf(3). */
int output_text(struct output *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes one line, made printable (printable.h).  "..." ends one that is
 * truncated. */
int output_line(struct output *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
