/*
 * The counters in Prometheus's text format, as a file for the textfile
 * collector of its node exporter.
 */
#ifndef PINGTLS_METRICS_H
#define PINGTLS_METRICS_H

#include <stddef.h>
#include <sys/types.h>

#include "stats/stats.h"

/* Enough for every TLS alert and the largest numbers. */
#define METRICS_TEXT_MAX 65536

/*
 * Formats the file, at most METRICS_TEXT_MAX octets; `sessions` is the current
 * number.  Returns its size, or -1 with errno.
 */
ssize_t metrics_format(const struct stats *, size_t sessions, char *text);

#endif
