/*
 * pingtls(1): the ping of STARTTLS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "client/all_addresses.h"
#include "client/control.h"
#include "client/output.h"
#include "client/ping_options.h"
#include "client/run.h"
#include "client/verify.h"
#include "report/json.h"
#include "report/progress.h"
#include "report/prometheus.h"
#include "report/text.h"

enum {
	EXIT_ALL = 0,     /* all that was asked for succeeded */
	EXIT_SOME = 1,    /* some target failed */
	EXIT_NOTHING = 2, /* nothing was tried, or nobody could be told */
};

static int
cannot_write(struct output *errors, int error)
{
	output_line(errors, "pingtls: cannot write to standard output: %s",
	    strerror(error));
	return EXIT_NOTHING;
}

/* Pings all targets; returns the exit status. */
static int
run_and_judge(const struct ping_options *options, struct verifier *verifier,
    const struct reporter *reporter, struct control *control,
    struct output *errors)
{
	switch (run_targets(options, verifier, reporter, control)) {
	case 1:
		return EXIT_ALL;
	case 0:
		return EXIT_SOME;
	default:
		output_line(errors, "pingtls: out of memory");
		return EXIT_NOTHING;
	}
}

/* All targets and their report; returns the exit status. */
static int
run_and_report(const struct ping_options *options, struct verifier *verifier,
    struct control *control, struct output *errors)
{
	struct output out;
	struct text_report text = {
	    .options = options,
	    .out = &out,
	    .errors = errors,
	};
	struct prometheus_report metrics = {
	    .options = options,
	    .out = &out,
	    .errors = errors,
	};
	struct reporter reporter = options->json ? json_reporter(&out)
	                           : options->prometheus
	                               ? prometheus_reporter(&metrics)
	                               : text_reporter(&text);
	struct progress progress = {.inner = reporter, .errors = errors};
	int status;

	if (options->target_count > 1 && isatty(STDERR_FILENO))
		reporter = progress_reporter(&progress);
	if (options->prometheus && prometheus_begin(&metrics) == -1) {
		output_line(errors, "pingtls: out of memory");
		return EXIT_NOTHING;
	}
	output_open(&out, STDOUT_FILENO, control);
	status = run_and_judge(options, verifier, &reporter, control, errors);
	progress_clear(&progress);
	if (options->prometheus && prometheus_end(&metrics) == -1)
		status = EXIT_NOTHING;
	/* What the run's end left unread is no error. */
	if (out.error != 0 && out.error != ETIMEDOUT)
		status = cannot_write(errors, out.error);
	output_close(&out);
	return status;
}

static int
start(struct ping_options *options, struct control *control,
    struct output *errors)
{
	struct verifier *verifier = NULL;
	char why[VERIFY_TEXT_MAX];
	int status;

	if (!options->plain) {
		control_pause();
		verifier = verify_new(&options->verify, why);
		control_resume();
		if (verifier == NULL) {
			output_line(errors, "pingtls: %s", why);
			return EXIT_NOTHING;
		}
	}
	if (options->all_addresses &&
	    all_addresses_find(options, control) == -1) {
		output_line(errors, "pingtls: out of memory");
		status = EXIT_NOTHING;
	} else
		status = run_and_report(options, verifier, control, errors);
	verify_free(verifier);
	return status;
}

int
main(int argc, char *argv[])
{
	struct control control;
	struct ping_options options;
	struct output errors;
	char why[COMMAND_LINE_WHY_MAX];
	int status = EXIT_NOTHING;

	if (descriptors_reserve_standard() == -1) {
		fprintf(stderr, "pingtls: cannot open /dev/null: %s\n",
		    strerror(errno));
		return EXIT_NOTHING;
	}
	/* A reader that went away is an error like any other. */
	signal(SIGPIPE, SIG_IGN);
	if (control_begin(&control, 0) == -1) {
		fprintf(stderr, "pingtls: cannot watch signals: %s\n",
		    strerror(errno));
		return EXIT_NOTHING;
	}
	output_open(&errors, STDERR_FILENO, &control);
	switch (ping_options_parse(argc, argv, &options, why)) {
	case COMMAND_LINE_SHOWN:
		status = fflush(stdout) == 0 ? EXIT_ALL
		                             : cannot_write(&errors, errno);
		break;
	case COMMAND_LINE_WRONG:
		output_line(&errors, "pingtls: %s", why);
		break;
	case COMMAND_LINE_RUN:
		control.end = deadline_in(options.deadline_ms);
		status = start(&options, &control, &errors);
		break;
	}
	ping_options_free(&options);
	output_close(&errors);
	return status;
}
