/*
 * What command_line.c and command_line_help.c share.
 */
#ifndef PINGTLS_COMMAND_LINE_INTERNAL_H
#define PINGTLS_COMMAND_LINE_INTERNAL_H

#include "base/command_line.h"

/* The row of this index, those that are added last; NULL behind them. */
const struct option_row *command_line_row(
    const struct command_line *, size_t index);

/* Prints what --help shows. */
void command_line_help(const struct command_line *);

#endif
