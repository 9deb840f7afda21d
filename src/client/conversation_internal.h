/*
 * What the files of a conversation share.
 */
#ifndef PINGTLS_CONVERSATION_INTERNAL_H
#define PINGTLS_CONVERSATION_INTERNAL_H

#include <stdbool.h>

#include "client/conversation.h"
#include "services/exchange.h"
#include "stream/stream.h"

/* The maximum number of unanswered pings: eleven hours' worth with the default
 * -W, after which a server that never answers is given up. */
#define CONVERSATION_UNANSWERED_MAX 4096

/* Beside the enum stream_error: the conversation was ended in order ... */
#define CONVERSATION_STOPPED (-100)
/* ... or failed, with the reason in the outcome. */
#define CONVERSATION_FAILED (-101)

struct unanswered_ping {
	uint64_t sequence;
	int64_t sent;
};

struct conversation {
	const struct conversation_setup *setup;
	const struct ping_options *options;
	const struct host_name *name; /* of the server, as the user has it */
	struct verify_server server;
	struct outcome *outcome;
	struct stream *stream;
	struct exchange exchange; /* with the proxy and the service */
	deadline end;
	enum outcome_stage stage;
	bool tls_at_once; /* the server speaks TLS from the start */
	bool lingered;    /* the server had its time to close already */
	bool upgrading;   /* STARTTLS was sent, the handshake is not finished */
	bool idled;       /* the server let a whole interval of -i pass */
	struct unanswered_ping *queue; /* oldest first, of our own protocol */
	size_t waiting;
};

/* Records a reason and message unless there already is one.  Returns
 * CONVERSATION_FAILED. */
int conversation_fail(struct conversation *, enum reason, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same for an enum stream_error. */
int conversation_broken(struct conversation *, const char *what, int error);

/* Adds to the message, if there is one, what to do about the failure. */
void conversation_advise(struct conversation *);

/* Converts the return value of a reporter's function to 0 or
 * CONVERSATION_STOPPED. */
int conversation_heard(int said);

/* The deadline of a step that may take `ms` milliseconds. */
deadline conversation_step(const struct conversation *, int64_t ms);

/* Sends a line.  Returns 0, CONVERSATION_STOPPED or an enum stream_error. */
int conversation_send_line(struct conversation *, const char *line);

/* Performs the handshake, and checks pins and --min-days.  Returns 0,
 * CONVERSATION_STOPPED or CONVERSATION_FAILED. */
int conversation_shake_hands(struct conversation *);

/* Speak our own protocol, or that of a service.  Return the same. */
int conversation_speak_pingtls(struct conversation *);
int conversation_speak_service(struct conversation *);

/* Opens a tunnel to the target through the HTTP proxy.  Returns the same. */
int conversation_open_tunnel(struct conversation *);

#endif
