/*
 * Rate-limited logging, for messages that peers can cause at will: at most one
 * a second, and the number of those suppressed.
 */
#ifndef PINGTLS_LOG_LIMIT_H
#define PINGTLS_LOG_LIMIT_H

#include <stdbool.h>

#include "base/deadline.h"

/* Initially zero. */
struct log_limit {
	deadline from; /* when the next message may be logged */
	unsigned long suppressed;
};

/*
 * True if a message of this priority may be logged now; first logs how many
 * were suppressed.
 */
bool log_limit_allow(struct log_limit *, int priority);

#endif
