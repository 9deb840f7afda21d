/*
 * The line that a session leaves in the log: who, what, how long, why it ended.
 */
#ifndef PINGTLS_SESSION_LOG_H
#define PINGTLS_SESSION_LOG_H

#include "base/peer.h"
#include "session/session.h"

/*
 * Logs the end of `peer`'s session, its texts made safe before.  `status` is
 * that of wait(2), or 0 where the process served the session itself.
 */
void session_log(
    const struct peer *, const struct session_result *, int status);

#endif
