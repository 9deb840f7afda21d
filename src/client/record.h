/*
 * What the process of a conversation tells its parent: one record of a fixed
 * size for each event, with the outcome so far.
 *
 * The server may have taken over that process, so the parent trusts no octet.
 */
#ifndef PINGTLS_RECORD_H
#define PINGTLS_RECORD_H

#include <stddef.h>

#include "client/reporter.h"

enum record_event {
	RECORD_NONE, /* never sent: before the first */
	RECORD_CONNECTED,
	RECORD_SENT,
	RECORD_ANSWERED,
	RECORD_UNANSWERED,
	RECORD_UPGRADED,
	RECORD_ENDED,
};

struct record {
	enum record_event event;
	enum outcome_stage stage; /* of a ping */
	uint64_t sequence;        /* its number */
	int64_t ns;               /* how long its answer took */
	struct outcome outcome;
};

/* Sends records over a connected socket. */
struct record_sender {
	int channel;
	struct record record; /* with the outcome of the conversation */
};

/*
 * A reporter that sends records.  The outcome that it is told of must be that
 * in the sender, so that it need not be copied.  RECORD_ENDED is sent by
 * record_end().
 */
struct reporter record_reporter(struct record_sender *);

/* Sends RECORD_ENDED. */
void record_end(struct record_sender *);

/*
 * Parses in place a record whose `size` octets came after `before`, at first
 * one of RECORD_NONE with what the parent knows.  From there it takes which
 * conversation it is and what the parent measured itself, and the pings must go
 * on from it. `pings` is how many there may be in a stage (0: any number).  The
 * texts of the record are then printable, and its numbers possible.
 *
 * Returns 0, or -1 if the process cannot have sent it in good faith; then do
 * not look at the record.
 */
int record_parse(struct record *, size_t size, const struct record *before,
    unsigned long pings);

#endif
