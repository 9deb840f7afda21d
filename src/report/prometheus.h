/*
 * The report for Prometheus: a page of metrics, to standard output when the run
 * is over, or to a file after each conversation.
 */
#ifndef PINGTLS_REPORT_PROMETHEUS_H
#define PINGTLS_REPORT_PROMETHEUS_H

#include "client/output.h"
#include "client/ping_options.h"
#include "client/reporter.h"

struct prometheus_report {
	/* Set by the caller. */
	const struct ping_options *options;
	struct output *out, *errors;
	/* Each target once, even if it was given twice: metrics with the same
	 * labels would be an error. */
	struct prometheus_target *targets;
	size_t count, tried;
	bool failed; /* a file could not be written */
};

/* Prepares the report.  Returns 0, or -1 if memory is exhausted. */
int prometheus_begin(struct prometheus_report *);

/*
 * Makes a reporter that writes failures of conversations to `errors`.  If the
 * options name a file, it is replaced after each conversation once all targets
 * were tried; if it cannot be, the run ends.  The report must outlive the
 * reporter.
 */
struct reporter prometheus_reporter(struct prometheus_report *);

/* Writes the page to `out` unless the options name a file, and frees the
 * targets.  Returns 0, or -1 if a file could not be written. */
int prometheus_end(struct prometheus_report *);

#endif
