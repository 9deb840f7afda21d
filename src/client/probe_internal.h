/*
 * The parts that the client's conversation is made of.
 */
#ifndef PINGTLS_PROBE_INTERNAL_H
#define PINGTLS_PROBE_INTERNAL_H

#include <stdbool.h>

#include "client/probe.h"
#include "stream/stream.h"

/* Pings that may wait for an answer at once: eleven hours' worth at the default
 * of -W, after which a server that reads and never answers is given up. */
#define PROBE_UNANSWERED_MAX 4096

/* Below the enum stream_error: the conversation is over, and in order. */
#define PROBE_STOPPED (-100)
/* ... or not, and `why` says so already. */
#define PROBE_FAILED (-101)

struct unanswered {
	unsigned long sequence;
	int64_t sent;
};

struct probe {
	const struct ping_options *options;
	struct verifier *verifier;
	const struct probe_events *events;
	struct probe_result *result;
	struct stream *stream;
	int signals;  /* a signalfd(2) */
	deadline end; /* -w */
	enum probe_phase phase;
	bool upgrading; /* STARTTLS is said, TLS is not yet there */
	struct unanswered queue[PROBE_UNANSWERED_MAX]; /* the oldest first */
	size_t waiting;
};

/* Sets the result's `why`: whom it is about, and the cause.  Returns
 * PROBE_FAILED. */
int probe_explain(struct probe *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an enum stream_error, in terms of the phase. */
int probe_fail(struct probe *, const char *what, int error);

/* Goes on (0) if an event was heard, else PROBE_STOPPED. */
int probe_heard(int event);

/*
 * Watches for the signals that stop and, where a wait can be resumed, for
 * SIGQUIT; elsewhere that one waits.  Returns the descriptor, or -1 with errno.
 */
int probe_watch_signals(int fd, bool resumable);

/* A signal came.  Returns 0 to go on, or PROBE_STOPPED. */
int probe_handle_signal(struct probe *);

/* Sends a line.  Returns 0, PROBE_STOPPED or an enum stream_error. */
int probe_send_line(struct probe *, const char *line);

/* Pings `count` times (0: no end) at the interval.  Returns 0, PROBE_STOPPED or
 * PROBE_FAILED. */
int probe_ping(struct probe *, unsigned long count);

/* STARTTLS and the handshake.  Returns the same. */
int probe_upgrade(struct probe *);

#endif
