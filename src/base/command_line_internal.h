/*
 * What command_line.c and command_line_help.c share.
 */
#ifndef PINGTLS_COMMAND_LINE_INTERNAL_H
#define PINGTLS_COMMAND_LINE_INTERNAL_H

#include "base/command_line.h"

/* The row of this index, --help and --version last; NULL after the last. */
const struct option_row *command_line_row(
    const struct command_line *, size_t index);

/* Prints the text of --help. */
void command_line_help(const struct command_line *);

#endif
