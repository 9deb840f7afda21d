/*
 * A line on the terminal that shows how far a run over several targets is.
 */
#ifndef PINGTLS_REPORT_PROGRESS_H
#define PINGTLS_REPORT_PROGRESS_H

#include "client/output.h"
#include "client/reporter.h"

struct progress {
	struct reporter inner; /* the report that is shown besides */
	struct output *errors; /* where the line is shown */
	bool shown;
	int64_t next; /* the earliest time of an update; deadline_now() */
};

/*
 * Makes a reporter that does what the inner one does and shows the line, which
 * is cleared before all other output.  The argument must outlive it.
 */
struct reporter progress_reporter(struct progress *);

/* Clears the line. */
void progress_clear(struct progress *);

#endif
