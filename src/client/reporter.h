/*
 * Whom a run tells of its conversations as they happen.  Text, JSON, metrics
 * and plugin are reporters that share nothing but the outcome.
 */
#ifndef PINGTLS_REPORTER_H
#define PINGTLS_REPORTER_H

#include "client/outcome.h"
#include "client/samples.h"

/* All conversations with one target. */
struct target_summary {
	const char *target;
	int64_t began, ended; /* deadline_now() */
	uint64_t connections, ok;
	uint64_t reasons[REASONS];   /* how many failed for each */
	struct samples *total, *tls; /* of those that reached that phase */
	const struct outcome *last;  /* NULL: there was none */
};

/*
 * `context` is the reporter's own.  Each function returns 0, or -1 to end the
 * run in order: nobody reads about it any more.  One that is NULL is not told.
 */
struct reporter {
	void *context;
	/* The connection, and the proxy's tunnel, stand. */
	int (*connected)(void *context, const struct outcome *);
	/* An answer to ping `sequence`, `ns` after it was sent. */
	int (*answered)(void *context, const struct outcome *,
	    enum outcome_stage, uint64_t sequence, int64_t ns);
	/* No answer to ping `sequence` in time.  One may come yet. */
	int (*unanswered)(void *context, const struct outcome *,
	    enum outcome_stage, uint64_t sequence);
	/* The handshake is done. */
	int (*upgraded)(void *context, const struct outcome *);
	/* The conversation is over, well or not. */
	int (*ended)(void *context, const struct outcome *);
	/* SIGQUIT: the user wants to know how it stands. */
	int (*asked)(void *context, const struct outcome *);
	/* All conversations with a target are over. */
	int (*summary)(void *context, const struct target_summary *);
};

/* Calls a reporter's function, if it has it. */
#define REPORTER_TELL(reporter, event, ...) \
	((reporter)->event == NULL \
		? 0 \
		: (reporter)->event((reporter)->context, __VA_ARGS__))

#endif
