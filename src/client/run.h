/*
 * A whole run: every target, one after another, each pinged as often as asked.
 */
#ifndef PINGTLS_RUN_H
#define PINGTLS_RUN_H

#include "client/control.h"
#include "client/ping_options.h"
#include "client/reporter.h"
#include "client/verify.h"

/*
 * Pings all targets; `verifier` is NULL where there is no TLS.  Returns whether
 * all that was asked for succeeded.
 */
bool run_targets(const struct ping_options *, struct verifier *,
    const struct reporter *, struct control *);

#endif
