/*
 * A session: the blocking line loop that serves one connected stream, and the
 * account of it that is left behind.
 */
#ifndef PINGTLS_SESSION_H
#define PINGTLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "credentials/credentials.h"
#include "stream/stream.h"

struct session_options {
	int64_t idle_ms;      /* for a line to be complete; 0: no limit */
	int64_t handshake_ms; /* for the upgrade */
	int64_t total_ms;     /* for the session; 0: no limit */
	unsigned long max_errors;
	bool keys_unread; /* the keyholder is to read its keys at STARTTLS */
};

/* Why a session ended. */
enum session_end {
	SESSION_CRASHED, /* it could not say: how a result starts out */
	SESSION_QUIT,
	SESSION_CLOSED, /* the peer closed in order */
	SESSION_TRUNCATED,
	SESSION_TIMED_OUT,
	SESSION_LINE_TOO_LONG,
	SESSION_TOO_MANY_ERRORS,
	SESSION_HANDSHAKE_FAILED,
	SESSION_CONNECTION_LOST, /* reset and the like */
	SESSION_TLS_FAILED,      /* a record that TLS refuses */
	SESSION_UNABLE,          /* to upgrade, by no fault of the peer's */
	SESSION_EARLY_TLS,       /* a ClientHello without STARTTLS */
};

/* An alert is an octet (RFC 8446, 6); this stands for none. */
#define SESSION_ALERTS 256
#define SESSION_NO_ALERT SESSION_ALERTS

#define SESSION_TEXT_MAX 96

/*
 * What a session leaves behind.  It lives in memory shared with the listener,
 * which believes none of it: see session_result_text().
 */
struct session_result {
	uint32_t end; /* enum session_end */
	uint32_t upgraded;
	uint32_t resumed; /* by a ticket of an earlier session */
	uint64_t pings_clear, pings_tls;
	uint64_t octets_in, octets_out;
	int64_t handshake_ns;              /* 0 if there was none */
	uint32_t alert;                    /* by which the handshake failed */
	uint32_t alert_received;           /* 0: sent by us */
	char version[16];                  /* of TLS */
	char cipher_suite[64];             /* as the IANA names it */
	char client[CLIENT_AUTH_NAME_MAX]; /* verified, or "" */
	char why[SESSION_TEXT_MAX];        /* more about the end, or "" */
};

/*
 * Serves `stream`, which the caller owns, until the session ends, and closes it
 * in order.  The signer of the credentials must have its channel; without, the
 * upgrade fails.  `result` must be zero at first.
 */
void session_serve(struct stream *stream, const struct credentials *,
    const struct session_options *, struct session_result *result);

/* Why it ended, in words. */
const char *session_end_text(uint32_t end);

/*
 * Makes the texts of a result safe to log: NUL-terminated, ASCII 32 to 126, and
 * dots for what else a session that was broken into may have written.
 */
void session_result_clean(struct session_result *);

#endif
