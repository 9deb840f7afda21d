/*
 * What the tests of the stream share: lines that must be read from one.
 */
#ifndef PINGTLS_UNIT_STREAM_H
#define PINGTLS_UNIT_STREAM_H

#include <stddef.h>

#include "stream/stream.h"

/* Reads a line that must be the `length` octets of `want`. */
void unit_expect_octets(struct stream *, const char *want, size_t length);

/* The same of a text. */
void unit_expect(struct stream *, const char *want);

/* There must be no line, but this error. */
void unit_expect_error(struct stream *, enum stream_error error);

#endif
