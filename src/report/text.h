/*
 * The text report, in the style of ping(8).
 */
#ifndef PINGTLS_REPORT_TEXT_H
#define PINGTLS_REPORT_TEXT_H

#include "client/output.h"
#include "client/ping_options.h"
#include "client/reporter.h"

struct text_report {
	const struct ping_options *options;
	struct output *out, *errors;
	/* Printed before each line if there are several targets; else NULL. */
	const char *target;
	char shown[OUTCOME_TARGET_MAX]; /* to which it points */
};

/*
 * Makes a reporter that writes to `out`, and failures to `errors`; it ends the
 * run when `out` cannot be written to.  The argument must outlive it.
 */
struct reporter text_reporter(struct text_report *);

#endif
