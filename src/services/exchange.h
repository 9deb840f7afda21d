/*
 * The exchange with a service: the commands before the TLS handshake, and those
 * that end the session over TLS.
 *
 * It reads no octet that could belong to the handshake, does not continue in
 * the clear after a refusal, sends only what the upgrade requires and never
 * credentials, and limits the time, lines and octets that a server can take.
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

/* The longest line, tag or packet, for stream_new().  IMAP has the longest
 * lines of the services' protocols (RFC 7162, 4). */
#define EXCHANGE_LINE_MAX 8192
/* Limits on all replies before TLS, and again on all replies over TLS. */
#define EXCHANGE_LINES_MAX 256
#define EXCHANGE_OCTETS_MAX 65536

#define EXCHANGE_REPLY_MAX 256
#define EXCHANGE_MESSAGE_MAX 512

/* Whether the server announced STARTTLS among its capabilities. */
enum exchange_offered {
	EXCHANGE_UNKNOWN, /* the protocol or the server has no such list */
	EXCHANGE_OFFERED,
	EXCHANGE_NOT_OFFERED,
};

/* How the server closed the TLS session after the farewell. */
enum exchange_ending {
	EXCHANGE_NOT_ENDED, /* it did not in time */
	EXCHANGE_CLOSE_NOTIFY,
	EXCHANGE_NO_CLOSE_NOTIFY,
};

struct exchange {
	/* Set by the caller.  The pointers must remain valid. */
	const struct service *service;
	struct stream *stream; /* stream_new(fd, EXCHANGE_LINE_MAX) */
	const char *address;   /* our own, from address_format_host() */
	const char *domain;    /* the name that the certificate must have */
	int64_t greeting_ms;   /* time limit for the greeting */
	int64_t step_ms;       /* time limit for the reply to each command */
	deadline end;          /* for the whole exchange */

	/* Results.  Must be zero initially. */
	enum exchange_offered offered;
	char reply[EXCHANGE_REPLY_MAX]; /* last one in the clear, printable */
	int64_t greeted;                /* deadline_now() when the greeting was
	                                   whole; 0: there was none */
	int64_t ready;                  /* ... when TLS could begin; or 0 */
	bool tls_at_once;               /* the peer speaks TLS from the start */
	enum exchange_ending ending;
	enum reason reason;                 /* REASON_NONE if nothing failed */
	char message[EXCHANGE_MESSAGE_MAX]; /* one line about the failure */

	/* Internal (exchange_internal.h). */
	const char *peer;    /* "server" or "proxy" */
	const char *speaks;  /* its protocol */
	const char *command; /* that was sent last; NULL: none yet */
	int64_t asked;       /* deadline_now() when it was sent */
	size_t heard;        /* stream_octets_in() when it was sent */
	unsigned int lines;
	size_t octets;                 /* stream_octets_in() at the beginning */
	char said[EXCHANGE_REPLY_MAX]; /* the last reply, printable */
	char line[EXCHANGE_LINE_MAX];
};

/*
 * Asks the HTTP proxy at the other end of the stream to connect to `host` and
 * `port` (CONNECT: RFC 9110, 9.3.6).  After a return of 0 the next octet comes
 * from the server.  Returns -1 as exchange_upgrade() does; the reason for a
 * refusal is REASON_PROXY_REFUSED.
 */
int exchange_connect(struct exchange *, const char *host, const char *port);

/*
 * Reads the greeting and has the server begin TLS.  After a return of 0 the
 * caller starts the handshake with stream_upgrade(); if that returns
 * STREAM_CLEARTEXT, the reason is REASON_CLEAR_TEXT_AFTER_STARTTLS.
 *
 * STARTTLS is sent once even if the server does not offer it.  If the server
 * accepts it then (this returns 0, `offered` is EXCHANGE_NOT_OFFERED) and the
 * certificate is valid, the offer was removed on its way:
 * REASON_STARTTLS_STRIPPED.
 *
 * For a service with implicit TLS it does nothing and returns 0.  On failure it
 * returns -1 and sets `reason` and `message`.  REASON_INTERRUPTED means that
 * the descriptor of stream_set_cancel() became readable.
 */
int exchange_upgrade(struct exchange *);

/* True if some of the reply that is awaited, or of the greeting, has come. */
bool exchange_reply_begun(const struct exchange *);

/*
 * Ends the session over TLS in the way of the service, if it has one, and by
 * close_notify, waits up to a second for the server to close, and sets
 * `ending`.  Where there is no reply, the server's close or alert is what tells
 * whether it accepted the client's certificate: if it asked for one, that is
 * waited for up to `step_ms`.  The caller calls stream_close(), which need not
 * wait again.  Returns as exchange_upgrade() does.
 */
int exchange_farewell(struct exchange *);

#endif
