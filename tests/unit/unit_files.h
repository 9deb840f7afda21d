/*
 * A directory of a test program's own, with the certificates and keys that
 * certs/make-certs makes.
 */
#ifndef PINGTLS_UNIT_FILES_H
#define PINGTLS_UNIT_FILES_H

#include <stddef.h>

/*
 * Makes the directory and runs make-certs of the source tree that the
 * environment names as top_srcdir.  To be called once, by main before the
 * tests.  Exits when it cannot be done.
 */
void unit_files_make(void);

/* Removes it again. */
void unit_files_remove(void);

/* The path of `name` in it.  Good until 32 more have been asked for. */
const char *unit_file(const char *name);

/* Writes the file `name` there; returns its path. */
const char *unit_file_write(const char *name, const void *data, size_t size);

/* Reads a file whole and NUL-terminated; to be freed. */
char *unit_file_read(const char *path, size_t *size);

#endif
