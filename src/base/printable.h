/*
 * Making text from the network safe to print: control characters could drive
 * the user's terminal or forge log lines.
 */
#ifndef PINGTLS_PRINTABLE_H
#define PINGTLS_PRINTABLE_H

#include <stddef.h>

/* Replaces each octet of `text` other than ASCII 32 to 126 with a dot. */
void printable(char *text);

/* Copies `length` octets, replacing others than ASCII 32 to 126, NUL included,
 * with dots, to `text`, which has room for `size` octets; truncates. */
void printable_copy(char *text, size_t size, const void *octets, size_t length);

#endif
