/*
 * Making text from the network safe to print: control characters could drive
 * the user's terminal or forge log lines.
 */
#ifndef PINGTLS_PRINTABLE_H
#define PINGTLS_PRINTABLE_H

#include <stdarg.h>
#include <stddef.h>

/* Replaces each octet of `text` other than ASCII 32 to 126 with a dot. */
void printable(char *text);

/* Copies `length` octets, replacing others than ASCII 32 to 126, NUL included,
 * with dots, to `text`, which has room for `size` octets.  If they do not fit,
 * it ends in "...". */
void printable_copy(char *text, size_t size, const void *octets, size_t length);

/* Ends `text`, which has room for `size` octets, with "..." if `length` octets
 * and a NUL did not fit: as after snprintf(3), which returns the length. */
void printable_mark_cut(char *text, size_t size, size_t length);

/* As vsnprintf(3), but what does not fit ends in "...".  The arguments' octets
 * stay as they are. */
void printable_vformat(char *text, size_t size, const char *format,
    va_list arguments) __attribute__((format(printf, 3, 0)));

#endif
