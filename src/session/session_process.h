/*
 * What a forked session process does: it keeps what it needs, enters the
 * sandbox, serves one connection, and is gone.
 */
#ifndef PINGTLS_CHILD_H
#define PINGTLS_CHILD_H

#include "confine/sandbox.h"
#include "credentials/credentials.h"
#include "session/session.h"

struct child_options {
	const struct credentials *credentials;
	const struct sandbox *sandbox; /* NULL: none */
	const struct session_options *session;
};

/* Serves the connection `fd` and exits; `result` must be zero at first. */
_Noreturn void child_serve(
    const struct child_options *, int fd, struct session_result *result);

#endif
