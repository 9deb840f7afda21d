/*
 * What the exchanges of all services are made of.
 */
#ifndef PINGTLS_EXCHANGE_INTERNAL_H
#define PINGTLS_EXCHANGE_INTERNAL_H

#include <sys/types.h>

#include "services/exchange.h"

/*
 * Begins an exchange, or a part of one whose bounds are its own, with the
 * "server" or "proxy", which "speaks" what it is pinged for.  It has `ms` for
 * what it says unasked.
 */
void exchange_begin(
    struct exchange *, const char *peer, const char *speaks, int64_t ms);

/* Notes why the exchange failed; the first that is noted stays.  Returns -1. */
int exchange_fail(struct exchange *, enum reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last reply refuses the greeting or the command.  Returns -1. */
int exchange_refused(struct exchange *);

/* The last reply refuses the command that was to begin TLS.  Returns -1. */
int exchange_not_upgraded(struct exchange *);

/* The last reply is none to the command; `what` says why, "is no text" say.
 * Returns -1. */
int exchange_not_understood(struct exchange *, const char *what);

/* The stream failed with an enum stream_error.  Returns -1. */
int exchange_broken(struct exchange *, int error);

/* Sends octets which are `command`, a word for messages.  The time for the
 * reply begins.  Returns 0 or -1. */
int exchange_send(
    struct exchange *, const char *command, const void *data, size_t size);

/* The same for a command line with an argument, which may be "".  Returns 0 or
 * -1. */
int exchange_command(
    struct exchange *, const char *command, const char *argument);

/*
 * Reads a line to `line`, without its CRLF and with no NUL in it.  Returns its
 * length or -1.
 */
ssize_t exchange_read_line(struct exchange *);

/* Reads exactly `size` octets to `line` at `offset`.  Returns 0 or -1. */
int exchange_read_exact(struct exchange *, size_t offset, size_t size);

/* Notes `size` octets of text as the last reply. */
void exchange_note(struct exchange *, const char *text, size_t size);

/* Whether the bound on all that the server says still holds for `size` octets
 * more.  Returns 0, or -1 after exchange_fail(). */
int exchange_count(struct exchange *, size_t size);

#endif
