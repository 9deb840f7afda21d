/*
 * check_pingtls(1): checks the upgrade to TLS of a service, for Nagios and the
 * like.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/descriptors.h"
#include "client/control.h"
#include "client/run.h"
#include "report/plugin_options.h"

static int
unknown(const char *why)
{
	plugin_print_unknown(stdout, why);
	return PLUGIN_UNKNOWN;
}

static int
keep_outcome(void *context, const struct outcome *o)
{
	struct outcome *kept = context;

	*kept = *o;
	return 0;
}

static int
check_target(const struct plugin_options *options, struct control *control)
{
	struct outcome outcome;
	const struct reporter reporter = {
	    .context = &outcome,
	    .ended = keep_outcome,
	};
	struct verifier *verifier;
	char why[VERIFY_TEXT_MAX];
	enum plugin_status status;

	control_pause();
	verifier = verify_new(&options->ping.verify, why);
	control_resume();
	if (verifier == NULL)
		return unknown(why);
	outcome_init(&outcome);
	run_targets(&options->ping, verifier, &reporter, control);
	verify_free(verifier);
	status = plugin_print(stdout, &outcome, &options->thresholds);
	if (options->ping.verbose)
		plugin_print_details(stdout, &outcome);
	return (int)status;
}

int
main(int argc, char *argv[])
{
	struct control control;
	struct plugin_options options;
	char why[COMMAND_LINE_WHY_MAX];
	int status = PLUGIN_UNKNOWN;

	if (descriptors_reserve_standard() == -1 ||
	    control_begin(&control, 0) == -1)
		return unknown(strerror(errno));
	/* A reader that went away is an error like any other. */
	signal(SIGPIPE, SIG_IGN);
	switch (plugin_options_parse(argc, argv, &options, why)) {
	case COMMAND_LINE_SHOWN:
		break;
	case COMMAND_LINE_WRONG:
		status = unknown(why);
		break;
	case COMMAND_LINE_RUN:
		control.end = deadline_in(options.ping.deadline_ms);
		status = check_target(&options, &control);
		break;
	}
	plugin_options_free(&options);
	return fflush(stdout) == 0 ? status : PLUGIN_UNKNOWN;
}
