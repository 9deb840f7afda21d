/*
 * pingtls(1): the ping of STARTTLS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/descriptors.h"
#include "client/ping_options.h"
#include "client/probe.h"
#include "client/verify.h"
#include "report/report.h"

/* ping(8)'s. */
enum {
	EXIT_ANSWERED = 0,
	EXIT_UNANSWERED = 1,
	EXIT_ERROR = 2,
};

/* The exit status by the rules of ping(8): success needs an answer in each
 * phase that was requested. */
static int
verdict(const struct ping_options *o, const struct probe_result *r)
{
	const struct probe_tally *clear = &r->tally[PROBE_CLEAR];
	const struct probe_tally *tls = &r->tally[PROBE_TLS];

	if (clear->received == 0 || (!o->plain && tls->received == 0))
		return EXIT_UNANSWERED;
	/* With -c and -w, all of them must be answered. */
	if (o->count > 0 && o->deadline_ms > 0 &&
	    (clear->received < o->count ||
		(!o->plain && tls->received < o->count)))
		return EXIT_UNANSWERED;
	return EXIT_ANSWERED;
}

static int
cannot_write(void)
{
	fprintf(stderr, "pingtls: cannot write to standard output: %s\n",
	    strerror(errno));
	return EXIT_ERROR;
}

/* Runs the probe and prints the report; returns the exit status. */
static int
run(const struct ping_options *options, struct verifier *verifier)
{
	struct report *report = report_new(options);
	struct probe_events events;
	struct probe_result result;
	int status;

	if (report == NULL) {
		fprintf(stderr, "pingtls: %s\n", strerror(errno));
		return EXIT_ERROR;
	}
	events = report_events(report);
	if (probe_run(options, verifier, &events, &result) == 0)
		status = verdict(options, &result);
	else {
		fprintf(stderr, "pingtls: %s\n", result.why);
		status = EXIT_ERROR;
	}
	if (report_end(report, &result) == -1)
		status = cannot_write();
	report_free(report);
	return status;
}

int
main(int argc, char *argv[])
{
	struct ping_options options;
	struct verifier *verifier;
	char why[VERIFY_TEXT_MAX];
	int status;

	if (descriptors_reserve_standard() == -1) {
		fprintf(stderr, "pingtls: cannot open /dev/null: %s\n",
		    strerror(errno));
		return EXIT_ERROR;
	}
	/* A closed pipe is reported as a write error. */
	signal(SIGPIPE, SIG_IGN);

	switch (ping_options_parse(argc, argv, &options, why)) {
	case COMMAND_LINE_SHOWN:
		return fflush(stdout) == 0 ? EXIT_ANSWERED : cannot_write();
	case COMMAND_LINE_WRONG:
		fprintf(stderr, "pingtls: %s\n", why);
		return EXIT_ERROR;
	case COMMAND_LINE_RUN:
		break;
	}
	verifier = verify_new(&options.verify, why);
	if (verifier == NULL) {
		fprintf(stderr, "pingtls: %s\n", why);
		return EXIT_ERROR;
	}
	status = run(&options, verifier);
	verify_free(verifier);
	return status;
}
