/*
 * The result of a session: how it ended, and what the listener believes of
 * that.
 */
#ifndef PINGTLS_SESSION_RESULT_H
#define PINGTLS_SESSION_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials/client_auth.h"

/* Why a session ended. */
enum session_end {
	SESSION_CRASHED, /* the initial value: it ended without a result */
	SESSION_QUIT,
	SESSION_CLOSED, /* the peer closed in order */
	SESSION_TRUNCATED,
	SESSION_TIMED_OUT,
	SESSION_LINE_TOO_LONG,
	SESSION_TOO_MANY_ERRORS,
	SESSION_HANDSHAKE_FAILED,
	SESSION_CONNECTION_LOST, /* reset or another network error */
	SESSION_TLS_FAILED,      /* an invalid TLS record */
	SESSION_UNABLE,          /* to upgrade, by a fault of the server */
	SESSION_EARLY_TLS,       /* a ClientHello without STARTTLS */
	SESSION_UNSERVED,        /* its process could not be prepared */
	SESSION_KILLED,          /* from outside: an administrator, the kernel
	                            out of memory */
	SESSION_STOPPED,         /* by the listener */
	SESSION_GAVE_WAY,        /* to another, as it was idle longest */
};

/* Alerts are octets (RFC 8446, 6); one more value means none. */
#define SESSION_ALERTS 256
#define SESSION_NO_ALERT SESSION_ALERTS

#define SESSION_TEXT_MAX 96

/*
 * What a session leaves behind.  It lives in memory shared with the listener,
 * which believes none of it.
 */
struct session_result {
	uint32_t end; /* enum session_end */
	uint32_t upgraded;
	int64_t idle_since; /* deadline_now(), or 0: since the connection */
	uint32_t resumed;   /* by a ticket of an earlier session */
	uint64_t pings_clear, pings_tls;
	uint64_t octets_in, octets_out;
	int64_t handshake_ns;              /* 0 if there was none */
	uint32_t alert;                    /* that ended the handshake */
	uint32_t alert_received;           /* by us, else it was sent */
	uint32_t blameless;                /* the client, for that failure */
	char version[16];                  /* of TLS */
	char cipher_suite[64];             /* its IANA name */
	char client[CLIENT_AUTH_NAME_MAX]; /* the verified client, or "" */
	char why[SESSION_TEXT_MAX];        /* details about the end, or "" */
};

/*
 * True if a session that lasted `life_ns` can have left this result; `asked` is
 * true if clients are asked for a certificate.  If it cannot, the session was
 * taken over, and the result is replaced by that of one that crashed.
 */
bool session_result_check(struct session_result *, int64_t life_ns, bool asked);

/*
 * Corrects `end` if wait(2)'s `status` says that the process crashed, failed or
 * was killed.  `killed` is the end in the last case: SESSION_KILLED or, if the
 * listener killed it, SESSION_STOPPED or SESSION_GAVE_WAY.
 */
void session_result_settle(
    struct session_result *, int status, enum session_end killed);

/* Describes an enum session_end, of any value. */
const char *session_end_text(uint32_t end);

/*
 * Makes the texts of a result, which a session that was taken over may have
 * forged, safe to log: NUL-terminated and printable (printable.h), and with
 * nothing before the client's name that would look like another part of the
 * line.
 */
void session_result_clean(struct session_result *);

#endif
