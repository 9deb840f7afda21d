/*
 * The interface by which a run reports its conversations.  Each output format
 * is a reporter; they share nothing but the outcome.
 */
#ifndef PINGTLS_REPORTER_H
#define PINGTLS_REPORTER_H

#include "client/outcome.h"
#include "client/samples.h"

/* The summary of all conversations with one target. */
struct target_summary {
	const char *target;
	int64_t began, ended; /* deadline_now() */
	uint64_t connections, ok;
	uint64_t reasons[REASONS];   /* failures by reason */
	struct samples *total, *tls; /* of conversations that reached it */
	const struct outcome *last;  /* NULL: there was none */
};

/*
 * `context` is passed to each function.  They return 0, or -1 to end the run,
 * because nobody reads its output any more.  NULL functions are not called.
 */
struct reporter {
	void *context;
	/* The connection, with the tunnel of a proxy, is established. */
	int (*connected)(void *context, const struct outcome *);
	/* A ping was sent. */
	int (*sent)(void *context, const struct outcome *, enum outcome_stage,
	    uint64_t sequence);
	/* An answer to ping `sequence`, `ns` after it was sent. */
	int (*answered)(void *context, const struct outcome *,
	    enum outcome_stage, uint64_t sequence, int64_t ns);
	/* No answer to ping `sequence` came in time; it may still come. */
	int (*unanswered)(void *context, const struct outcome *,
	    enum outcome_stage, uint64_t sequence);
	/* The handshake is done. */
	int (*upgraded)(void *context, const struct outcome *);
	/* The conversation has ended, successfully or not. */
	int (*ended)(void *context, const struct outcome *);
	/* SIGQUIT: the user asks for interim statistics of a target: those of
	 * the pings of its only conversation, whose outcome so far this is, or
	 * if that is NULL those of its conversations. */
	int (*asked)(void *context, const struct target_summary *,
	    const struct outcome *pings);
	/* How many targets are done, and have a conversation under way. */
	int (*under_way)(void *context, size_t done, size_t busy, size_t all);
	/* All conversations with a target have ended. */
	int (*summary)(void *context, const struct target_summary *);
};

/* Calls a function of a reporter unless it is NULL. */
#define REPORTER_TELL(reporter, event, ...) \
	((reporter)->event == NULL \
		? 0 \
		: (reporter)->event((reporter)->context, __VA_ARGS__))

#endif
