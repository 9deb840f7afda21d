/*
 * The options of check_pingtls: the letters that the Monitoring Plugins
 * guidelines reserve, and those of pingtls about TLS but --insecure.
 */
#ifndef PINGTLS_REPORT_PLUGIN_OPTIONS_H
#define PINGTLS_REPORT_PLUGIN_OPTIONS_H

#include "client/ping_options.h"
#include "report/plugin.h"

struct plugin_options {
	struct ping_options ping; /* first: see ping_option_values.h */
	const char *host;         /* as given */
	struct target target;
	struct plugin_thresholds thresholds;
};

/*
 * Parses the command line.  The struct points into `argv` and to itself.  `why`
 * has room for COMMAND_LINE_WHY_MAX octets.
 */
enum command_line_outcome plugin_options_parse(
    int argc, char *argv[], struct plugin_options *, char *why);

/* Frees the members.  Call it whatever the outcome of parsing. */
void plugin_options_free(struct plugin_options *);

#endif
