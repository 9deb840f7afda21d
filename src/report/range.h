/*
 * Ranges of the Monitoring Plugins guidelines: when a figure is cause for an
 * alert.
 */
#ifndef PINGTLS_REPORT_RANGE_H
#define PINGTLS_REPORT_RANGE_H

#include <stdbool.h>

struct range {
	double start, end; /* -INFINITY and INFINITY: no bound */
	bool inside;       /* alert inside the range, and not outside */
};

/*
 * Parses "[@][START:][END]": START is 0 where it is left out and "~" for no
 * bound, no END is no bound.  Returns false, and leaves the range as it was, if
 * `text` is no range or its start is more than its end.
 */
bool range_parse(const char *text, struct range *);

/* True if `value` is cause for an alert.  Both ends belong to the range. */
bool range_alerts(const struct range *, double value);

#endif
