/*
 * Complaints that strangers can cause: logged one a second at most, and the
 * others counted.
 */
#ifndef PINGTLS_LOG_LIMIT_H
#define PINGTLS_LOG_LIMIT_H

#include <stdbool.h>

#include "base/deadline.h"

/* Zero at first. */
struct log_limit {
	deadline from; /* when the next may be logged */
	unsigned long left_out;
};

/*
 * Whether one may be logged now; logs before it how many could not be since the
 * last.
 */
bool log_limit_allow(struct log_limit *);

#endif
