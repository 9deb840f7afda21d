/*
 * The result of a conversation as output of a monitoring plugin, with its
 * performance data (Monitoring Plugins Development Guidelines).
 */
#ifndef PINGTLS_REPORT_PLUGIN_H
#define PINGTLS_REPORT_PLUGIN_H

#include <stdint.h>
#include <stdio.h>

#include "client/outcome.h"
#include "report/range.h"

/* Exit statuses. */
enum plugin_status {
	PLUGIN_OK = 0,
	PLUGIN_WARNING = 1,
	PLUGIN_CRITICAL = 2,
	PLUGIN_UNKNOWN = 3,
};

/* A range as the user wrote it, and parsed; "": none. */
struct plugin_range {
	const char *text;
	struct range range;
};

struct plugin_thresholds {
	struct plugin_range warning, critical; /* of the total, in seconds */
	long warning_days, critical_days;      /* left; -1: none */
	int64_t timeout_ms;
};

/*
 * Prints the line with the performance data: ASCII, with no "|" except the one
 * before these.  Returns the status.  A failure is critical, unless it is the
 * check's own.
 */
enum plugin_status plugin_print(
    FILE *, const struct outcome *, const struct plugin_thresholds *);

/* Prints more lines about the server and its certificate, for -v. */
void plugin_print_details(FILE *, const struct outcome *);

/* Prints the line of a check that could not be made. */
void plugin_print_unknown(FILE *, const char *why);

#endif
