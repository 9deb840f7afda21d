/*
 * What a person sees of a run: text in the manner of ping(8).
 */
#ifndef PINGTLS_REPORT_TEXT_H
#define PINGTLS_REPORT_TEXT_H

#include "client/output.h"
#include "client/ping_options.h"
#include "client/reporter.h"

struct text_report {
	const struct ping_options *options;
	struct output *out, *errors;
	/* Of the target under way: what was shown of its upgrade. */
	char shown[OUTCOME_WORD_MAX * 4];
};

/*
 * A reporter that writes lines to `out` and, of what failed, to `errors`; it
 * ends the run when `out` cannot be written to.  All must outlive it.
 */
struct reporter text_reporter(struct text_report *);

#endif
