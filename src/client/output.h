/*
 * Lines on standard output and standard error.  Whoever reads them may be slow,
 * or have stopped: a write waits as every other step does, with the run's
 * signals and deadline.
 */
#ifndef PINGTLS_OUTPUT_H
#define PINGTLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/control.h"

/* A line and its LF; what is longer is cut. */
#define OUTPUT_LINE_MAX 8192

struct output {
	int fd, given;
	bool is_socket, may_block;
	struct control *control;
	int error; /* errno of the first write that failed, or 0 */
};

/*
 * Output to the descriptor `given`, which stays the caller's.  A pipe or a
 * terminal is opened anew where that works: what is shared with other programs
 * must not become non-blocking.
 */
void output_open(struct output *, int given, struct control *);
void output_close(struct output *);

/*
 * Writes `size` octets whole.  Returns 0, or -1 with errno, the first failure's
 * from then on: ETIMEDOUT or ECANCELED where nobody read it in time.
 */
int output_write(struct output *, const char *data, size_t size);

/* Writes text as printf(3) makes it. */
int output_text(struct output *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Writes one line, whatever its arguments hold: what is not printable ASCII is
 * a dot, and a line that is too long ends in "...". */
int output_line(struct output *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
