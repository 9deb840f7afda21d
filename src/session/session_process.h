/*
 * The process of a session: gives up all descriptors but its own, enters the
 * sandbox, serves one connection and exits.
 */
#ifndef PINGTLS_SESSION_PROCESS_H
#define PINGTLS_SESSION_PROCESS_H

#include "confine/sandbox.h"
#include "credentials/credentials.h"
#include "session/session.h"

struct session_process_options {
	const struct credentials *credentials;
	const struct sandbox *sandbox; /* NULL: none */
	const struct session_options *session;
};

/*
 * Serves the connection `fd` and exits.  `channel` leads to the keyholder, or
 * is -1: then the session cannot upgrade.  `result` must be zero at first.
 */
_Noreturn void session_process_serve(const struct session_process_options *,
    int fd, int channel, struct session_result *result);

#endif
