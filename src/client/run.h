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
 * Pings all targets, as many at once as the options say; `verifier` is NULL
 * where there is no TLS.  The summaries come at the end, in the order of the
 * targets. Returns 1 if everything requested succeeded, 0 if not, or -1 if
 * memory is exhausted.
 */
int run_targets(const struct ping_options *, struct verifier *,
    const struct reporter *, struct control *);

#endif
