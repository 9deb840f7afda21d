/*
 * The exchange with a service around TLS: up to where the handshake has to
 * begin, and the farewell over TLS.
 *
 * It never takes an octet from the kernel that may be TLS's, never goes on in
 * the clear after a refusal, sends no more than it takes and no credentials,
 * and is bounded in time, lines and octets whatever the server does.
 */
#ifndef PINGTLS_EXCHANGE_H
#define PINGTLS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "services/reason.h"
#include "services/service.h"
#include "stream/stream.h"

/* In a line or the like, its end included: what stream_new() has to be told.
 * The longest that a protocol demands is IMAP's (RFC 7162, 4). */
#define EXCHANGE_LINE_MAX 8192
/* In all that the server says before TLS, and again over TLS. */
#define EXCHANGE_LINES_MAX 256
#define EXCHANGE_OCTETS_MAX 65536

#define EXCHANGE_REPLY_MAX 256
#define EXCHANGE_MESSAGE_MAX 512

/* Whether the server said that it can do STARTTLS. */
enum exchange_offered {
	EXCHANGE_UNKNOWN,
	EXCHANGE_OFFERED,
	EXCHANGE_NOT_OFFERED,
};

/* How the server ended TLS after the farewell. */
enum exchange_ending {
	EXCHANGE_NOT_ENDED, /* not in the time there was, or not waited for */
	EXCHANGE_CLOSE_NOTIFY,
	EXCHANGE_NO_CLOSE_NOTIFY,
};

struct exchange {
	/* What the caller sets; the pointers must outlive the exchange. */
	const struct service *service;
	struct stream *stream; /* stream_new(fd, EXCHANGE_LINE_MAX) */
	const char *address;   /* our own: address_format_host() */
	const char *domain;    /* of the service: the name that is verified */
	int64_t greeting_ms;   /* for the greeting */
	int64_t step_ms;       /* for the reply to each command */
	deadline end;          /* for all */

	/* What is found out; zero at first. */
	enum exchange_offered offered;
	char reply[EXCHANGE_REPLY_MAX]; /* the last in the clear, printable */
	int64_t greeted;                /* deadline_now() when the greeting was
	                                   whole; 0: there was none */
	int64_t ready;                  /* ... when TLS could begin; or 0 */
	enum exchange_ending ending;
	enum reason reason;                 /* REASON_NONE: nothing failed */
	char message[EXCHANGE_MESSAGE_MAX]; /* a line about that, or "" */

	/* The exchange's own (exchange_internal.h). */
	const char *peer;    /* "server" or "proxy" */
	const char *speaks;  /* ... and what: the service's name, or "HTTP" */
	const char *command; /* that a reply is awaited to, or NULL: greeting */
	int64_t asked;       /* when it was sent */
	unsigned int lines;
	size_t octets;                 /* stream_octets_in() at the beginning */
	char said[EXCHANGE_REPLY_MAX]; /* the last reply, printable */
	char line[EXCHANGE_LINE_MAX];
};

/*
 * Before all else, where the stream leads to an HTTP proxy: has it connect to
 * `host` and `port` (RFC 9110, 9.3.6).  When it returns 0 the next octet is the
 * server's.  Returns -1 as exchange_upgrade(); where the proxy does not
 * connect, that is REASON_PROXY_REFUSED.
 */
int exchange_connect(struct exchange *, const char *host, const char *port);

/*
 * Whatever has to be said before TLS.  When it returns 0, the next octet of the
 * server's has to be TLS's, which stream_upgrade() sees to: STREAM_CLEARTEXT is
 * REASON_CLEAR_TEXT_AFTER_STARTTLS there.
 *
 * A server that does not offer STARTTLS is asked for it once all the same.
 * Where it takes it (returns 0 and `offered` is EXCHANGE_NOT_OFFERED) and its
 * certificate is the right one, somebody removed the offer on its way:
 * REASON_STARTTLS_STRIPPED.
 *
 * Where TLS is implicit nothing is said, and this returns 0.  Returns -1 with
 * `reason` and `message` set; REASON_INTERRUPTED is the stream's cancel
 * descriptor (stream_set_cancel()).
 */
int exchange_upgrade(struct exchange *);

/*
 * Over TLS: leaves as the service wants it, waits for its answer and, for a
 * short while, for its close, of which `ending` tells.  stream_close() is the
 * caller's.  Returns as exchange_upgrade().
 */
int exchange_farewell(struct exchange *);

#endif
