/*
 * What the listener believes of a result that a session left behind.
 */
#ifndef PINGTLS_SESSION_RESULT_H
#define PINGTLS_SESSION_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "session/session.h"

/*
 * Whether a session that lasted `life_ns` can have left this result; `asked`
 * says that clients are asked for a certificate.  If not, the session was taken
 * over, and the result is replaced by that of one that crashed.
 */
bool session_result_check(struct session_result *, int64_t life_ns, bool asked);

#endif
