/*
 * The run of pingtls: pings each target as often as requested.
 */
#ifndef PINGTLS_RUN_H
#define PINGTLS_RUN_H

#include "client/control.h"
#include "client/ping_options.h"
#include "client/reporter.h"
#include "client/verify.h"

/*
 * Pings all targets; `verifier` is NULL where there is no TLS.  Returns true
 * if everything requested succeeded.
 */
bool run_targets(const struct ping_options *, struct verifier *,
    const struct reporter *, struct control *);

#endif
