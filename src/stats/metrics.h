/*
 * The counters in Prometheus's text format, as a file for the textfile
 * collector of its node exporter.
 */
#ifndef PINGTLS_METRICS_H
#define PINGTLS_METRICS_H

#include <stddef.h>

#include "stats/stats.h"

/*
 * Replaces `file` by one with the counters, `sessions` being those now: whoever
 * reads it sees the old one whole or the new one whole.
 * Returns 0, or -1 with errno, and the old file stays.
 */
int metrics_write(const char *file, const struct stats *, size_t sessions);

#endif
