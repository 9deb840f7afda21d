/*
 * The parts that a conversation is made of.
 */
#ifndef PINGTLS_CONVERSATION_INTERNAL_H
#define PINGTLS_CONVERSATION_INTERNAL_H

#include <stdbool.h>

#include "client/conversation.h"
#include "services/exchange.h"
#include "stream/stream.h"

/* Pings that may wait for an answer at once: eleven hours' worth at the default
 * of -W, after which a server that reads and never answers is given up. */
#define CONVERSATION_UNANSWERED_MAX 4096

/* Below the enum stream_error: the conversation is over, and in order. */
#define CONVERSATION_STOPPED (-100)
/* ... or not, and the outcome says why. */
#define CONVERSATION_FAILED (-101)

struct unanswered_ping {
	uint64_t sequence;
	int64_t sent;
};

struct conversation {
	const struct conversation_setup *setup;
	const struct ping_options *options;
	const struct host_name *name; /* to verify */
	struct outcome *outcome;
	struct stream *stream;
	struct exchange exchange;       /* with the proxy and the service */
	char address[ADDRESS_TEXT_MAX]; /* our own, for it */
	deadline end;
	enum outcome_stage stage;
	bool upgrading; /* STARTTLS is said, TLS is not yet there */
	struct unanswered_ping queue[CONVERSATION_UNANSWERED_MAX]; /* oldest
	                                                              first */
	size_t waiting;
};

/* Notes the reason and its message, unless there is one.  Returns
 * CONVERSATION_FAILED. */
int conversation_fail(struct conversation *, enum reason, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same for an enum stream_error, in terms of the stage. */
int conversation_broken(struct conversation *, const char *what, int error);

/* Goes on (0) if a reporter's function said so, else CONVERSATION_STOPPED. */
int conversation_heard(int said);

/* The deadline of a step that may take `ms`. */
deadline conversation_step(const struct conversation *, int64_t ms);

/* A signal came.  Returns 0 to go on, or CONVERSATION_STOPPED. */
int conversation_handle_signal(struct conversation *);

/* Sends a line.  Returns 0, CONVERSATION_STOPPED or an enum stream_error. */
int conversation_send_line(struct conversation *, const char *line);

/* Our own protocol: pings `count` times (0: no end) at the interval.  Returns
 * 0, CONVERSATION_STOPPED or CONVERSATION_FAILED. */
int conversation_ping(struct conversation *, unsigned long count);

/* The handshake, and what is to be held against the certificate besides.
 * Returns the same. */
int conversation_shake_hands(struct conversation *);

/* The whole of our own protocol, or of another service, on the stream.  Return
 * the same. */
int conversation_speak_pingtls(struct conversation *);
int conversation_speak_service(struct conversation *);

/* Through an HTTP proxy to the target.  Returns the same. */
int conversation_open_tunnel(struct conversation *);

#endif
