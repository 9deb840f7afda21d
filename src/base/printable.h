/*
 * Text from the network, made safe to show: terminals and log readers obey some
 * of what they are sent.
 */
#ifndef PINGTLS_PRINTABLE_H
#define PINGTLS_PRINTABLE_H

#include <stddef.h>

/* Replaces each octet of `text` that is not ASCII 32 to 126 by a dot. */
void printable(char *text);

/* The same of `length` octets, NUL among them, copied to `text` of `size`
 * octets as far as they fit. */
void printable_copy(char *text, size_t size, const void *octets, size_t length);

#endif
