/*
 * What a person sees of a conversation: text in the manner of ping(8).
 */
#ifndef PINGTLS_REPORT_H
#define PINGTLS_REPORT_H

#include "client/ping_options.h"
#include "client/probe.h"

struct report;

/*
 * A report on standard output, line by line so that it pipes.  The options must
 * outlive it.  Returns NULL with errno.
 */
struct report *report_new(const struct ping_options *);

/* NULL is allowed. */
void report_free(struct report *);

/*
 * The events that print as it happens.  They end the conversation when standard
 * output cannot be written to.
 */
struct probe_events report_events(struct report *);

/*
 * Prints the summary.  Returns 0, or -1 with the errno of the first line of all
 * that could not be written.
 */
int report_end(struct report *, const struct probe_result *);

#endif
