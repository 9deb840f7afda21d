/*
 * The last conversation with each target in Prometheus's text format, for the
 * textfile collector of its node exporter.  All metrics are gauges: a run is a
 * snapshot.  Their names and labels, which pingtls(1) lists, are an interface.
 */
#ifndef PINGTLS_REPORT_PROMETHEUS_PAGE_H
#define PINGTLS_REPORT_PROMETHEUS_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "client/outcome.h"

/* What is known of a target. */
struct prometheus_target {
	char target[OUTCOME_TARGET_MAX];   /* as given */
	char address[OUTCOME_ADDRESS_MAX]; /* that -m chose; or "" */
	uint64_t connections, failed; /* conversations; 0: it is not shown */
	int64_t ended;                /* the last one: seconds since 1970 */
	struct outcome last;
};

/*
 * Formats the metrics of `count` targets as a text, which the caller frees;
 * stores its size without the NUL in `size`.  Returns NULL if memory is
 * exhausted.
 */
char *prometheus_page(
    const struct prometheus_target *, size_t count, size_t *size);

#endif
