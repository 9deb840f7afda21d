/*
 * A session: the loop that serves one connection.
 */
#ifndef PINGTLS_SESSION_H
#define PINGTLS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials/credentials.h"
#include "session/session_result.h"
#include "stream/stream.h"

struct session_options {
	int64_t idle_ms;      /* until a line is complete; 0: no limit */
	int64_t handshake_ms; /* for the handshake */
	int64_t total_ms;     /* for the session; 0: no limit */
	unsigned long max_errors;
	bool keys_unread; /* the keyholder is to read its keys at STARTTLS */
};

/*
 * Serves `stream`, which remains the caller's, until the session ends, and
 * closes the connection in order.  The upgrade fails if the signer of the
 * credentials has no channel.  `result` must be zero-initialised.
 */
void session_serve(struct stream *stream, const struct credentials *,
    const struct session_options *, struct session_result *result);

#endif
