/*
 * What the exchanges of all services share.
 */
#ifndef PINGTLS_EXCHANGE_INTERNAL_H
#define PINGTLS_EXCHANGE_INTERNAL_H

#include <sys/types.h>

#include "services/exchange.h"

/*
 * Starts a part of the exchange with limits of its own.  `peer` is "server" or
 * "proxy" and `speaks` is its protocol, both for messages.  `ms` is the time
 * limit for its greeting.
 */
void exchange_begin(
    struct exchange *, const char *peer, const char *speaks, int64_t ms);

/* Records why the exchange failed, unless that is recorded already.  Returns
 * -1. */
int exchange_fail(struct exchange *, enum reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records that the last reply is a refusal of service or of the command.
 * Returns -1. */
int exchange_refused(struct exchange *);

/* Records that the last reply is a refusal of STARTTLS.  Returns -1. */
int exchange_not_upgraded(struct exchange *);

/* Records that the last reply is malformed; `what` completes the sentence, as
 * in "is not text".  Returns -1. */
int exchange_not_understood(struct exchange *, const char *what);

/* Records the failure of the stream with an enum stream_error.  Returns -1. */
int exchange_broken(struct exchange *, int error);

/* Sends octets and starts the time limit for the reply.  `command` is the name
 * of the command in messages.  Returns 0 or -1. */
int exchange_send(
    struct exchange *, const char *command, const void *data, size_t size);

/* Sends a command line with an argument, which may be "".  Returns 0 or -1. */
int exchange_command(
    struct exchange *, const char *command, const char *argument);

/*
 * Reads a line into `line`, without its CRLF.  A NUL in it is an error. Returns
 * its length or -1.
 */
ssize_t exchange_read_line(struct exchange *);

/* Reads exactly `size` octets into `line` at `offset`.  Returns 0 or -1. */
int exchange_read_exact(struct exchange *, size_t offset, size_t size);

/* Records `size` octets as the text of the last reply. */
void exchange_note(struct exchange *, const char *text, size_t size);

/* Counts a line and checks that `size` more octets are within the limits.
 * Returns 0 or -1. */
int exchange_count(struct exchange *, size_t size);

#endif
