/*
 * An exchange on the stage, for the fuzzers of what reads a service's replies.
 */
#ifndef PINGTLS_FUZZ_EXCHANGE_STAGE_H
#define PINGTLS_FUZZ_EXCHANGE_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/exchange.h"

/* Opens the stage (stage.h) for an exchange with a service, which has begun. */
struct exchange *exchange_stage_open(
    const char *service, const uint8_t *script, size_t size);

/*
 * Checks what must be true of any exchange, that failed or did not: a failure
 * has its reason and its message, which is fit for a terminal; what was read is
 * bounded; and what follows it is still in the kernel.  Returns how many octets
 * were read.
 */
size_t exchange_stage_check(const struct exchange *, bool failed);

void exchange_stage_close(struct exchange *);

#endif
