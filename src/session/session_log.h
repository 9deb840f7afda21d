/*
 * The log line of a session: peer, duration, what was done, why it ended.
 */
#ifndef PINGTLS_SESSION_LOG_H
#define PINGTLS_SESSION_LOG_H

#include "base/peer.h"
#include "session/session.h"

/*
 * Logs the end of the session of `peer`.  The result must have been cleaned
 * (session_result_clean()).  `status` is that of wait(2), or 0 if this process
 * was the session.
 */
void session_log(
    const struct peer *, const struct session_result *, int status);

#endif
