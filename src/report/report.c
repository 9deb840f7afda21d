#include "report/report.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"

struct report {
	const struct ping_options *options;
	int error; /* errno of the first write that failed, or 0 */
};

static const char *const where[] = {
    [PROBE_CLEAR] = "in the clear",
    [PROBE_TLS] = "over TLS",
};

/* Prints.  Returns 0, or -1 once anything could not be written. */
static int __attribute__((format(printf, 2, 3)))
say(struct report *report, const char *format, ...)
{
	va_list arguments;
	int n;

	if (report->error != 0)
		return -1;
	va_start(arguments, format);
	n = vprintf(format, arguments);
	va_end(arguments);
	if (n >= 0)
		return 0;
	report->error = errno;
	return -1;
}

static double
in_ms(double ns)
{
	return ns / 1e6;
}

static int
connected(void *context, const struct probe_result *r)
{
	struct report *report = context;

	return say(report, "PINGTLS %s (%s): connected in %.3f ms\n",
	    report->options->host, r->address, in_ms((double)r->connect_ns));
}

static int
answered(void *context, const struct probe_result *r, enum probe_phase phase,
    unsigned long sequence, int64_t ns)
{
	struct report *report = context;

	if (report->options->quiet)
		return 0;
	return say(report, "PONG from %s %s: seq=%lu time=%.3f ms\n", r->host,
	    where[phase], sequence, in_ms((double)ns));
}

static int
unanswered(void *context, const struct probe_result *r, enum probe_phase phase,
    unsigned long sequence)
{
	struct report *report = context;

	if (report->options->quiet)
		return 0;
	return say(report, "no answer from %s %s: seq=%lu within %g s\n",
	    r->host, where[phase], sequence,
	    (double)report->options->timeout_ms / 1e3);
}

static void
show_certificate(struct report *report, const struct verifier *verifier,
    gnutls_session_t session)
{
	struct verify_facts facts;
	char from[DATE_TEXT_MAX], until[DATE_TEXT_MAX];
	int ret = verify_look(verifier, session, &facts);

	if (ret < 0) {
		say(report, "certificate: %s\n", gnutls_strerror(ret));
		return;
	}
	say(report, "certificate: %s, issued by %s, %s%s%s%ld day%s %s\n",
	    facts.subject, facts.issuer,
	    facts.matched[0] == '\0' ? "" : "matches ", facts.matched,
	    facts.matched[0] == '\0' ? "" : ", ", facts.days,
	    facts.days == 1 ? "" : "s",
	    facts.expired ? "past its end" : "left");
	if (!report->options->verbose)
		return;
	date_format(facts.from, from);
	date_format(facts.until, until);
	say(report, "  valid from %s until %s\n", from, until);
	say(report, "  key %s; signed with %s\n", facts.key, facts.signature);
	say(report, "  SHA-256 fingerprint %s\n", facts.fingerprint);
	say(report, "  OCSP response: %s\n", facts.ocsp);
}

static int
upgraded(void *context, const struct probe_result *r,
    const struct verifier *verifier, gnutls_session_t session)
{
	struct report *report = context;
	const char *suite = gnutls_ciphersuite_get(session);
	const char *version =
	    gnutls_protocol_get_name(gnutls_protocol_get_version(session));

	say(report, "STARTTLS: %s %s, handshake %.3f ms\n",
	    version == NULL ? "TLS" : version,
	    suite == NULL ? "(suite unknown)" : suite,
	    in_ms((double)r->handshake_ns));
	show_certificate(report, verifier, session);
	if (!report->options->verify.insecure)
		return report->error == 0 ? 0 : -1;
	if (verify_why(verifier)[0] != '\0')
		return say(report, "NOT VERIFIED: %s\n", verify_why(verifier));
	return say(
	    report, "would have been verified without --insecure as well\n");
}

static double
loss(const struct probe_tally *t)
{
	return t->sent == 0
	           ? 0
	           : 100.0 * (double)(t->sent - t->received) / (double)t->sent;
}

/* Mean, and deviation from it as ping(8) has it: the population's. */
static double
mean(const struct probe_tally *t)
{
	return t->sum / (double)t->received;
}

static double
deviation(const struct probe_tally *t)
{
	double variance =
	    t->sum_of_squares / (double)t->received - mean(t) * mean(t);

	/* Rounding may make nothing less than nothing. */
	return variance > 0 ? sqrt(variance) : 0;
}

/* One line on standard error, as ping(8) answers SIGQUIT. */
static int
asked(void *context, const struct probe_result *r)
{
	enum probe_phase phase =
	    r->tally[PROBE_TLS].sent > 0 ? PROBE_TLS : PROBE_CLEAR;
	const struct probe_tally *t = &r->tally[phase];

	(void)context;
	fprintf(stderr, "%s: %lu/%lu pings, %g%% loss", where[phase],
	    t->received, t->sent, loss(t));
	if (t->received > 0)
		fprintf(stderr, ", min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms",
		    in_ms((double)t->min), in_ms(mean(t)),
		    in_ms((double)t->max), in_ms(deviation(t)));
	fputc('\n', stderr);
	return 0;
}

static void
show_tally(
    struct report *report, enum probe_phase phase, const struct probe_tally *t)
{
	if (t->sent == 0)
		return;
	say(report, "%s: %lu sent, %lu received, %g%% loss, time %.0f ms\n",
	    where[phase], t->sent, t->received, loss(t),
	    in_ms((double)(t->ended - t->began)));
	if (t->received > 0)
		say(report, "rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n",
		    in_ms((double)t->min), in_ms(mean(t)),
		    in_ms((double)t->max), in_ms(deviation(t)));
}

struct report *
report_new(const struct ping_options *options)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	report->options = options;
	setvbuf(stdout, NULL, _IOLBF, 0);
	return report;
}

void
report_free(struct report *report)
{
	free(report);
}

struct probe_events
report_events(struct report *report)
{
	return (struct probe_events){
	    .context = report,
	    .connected = connected,
	    .answered = answered,
	    .unanswered = unanswered,
	    .upgraded = upgraded,
	    .asked = asked,
	};
}

int
report_end(struct report *report, const struct probe_result *r)
{
	if (r->tally[PROBE_CLEAR].sent > 0) {
		say(report, "\n--- %s pingtls statistics ---\n",
		    report->options->host);
		show_tally(report, PROBE_CLEAR, &r->tally[PROBE_CLEAR]);
		show_tally(report, PROBE_TLS, &r->tally[PROBE_TLS]);
	}
	if (fflush(stdout) == EOF && report->error == 0)
		report->error = errno;
	if (report->error == 0)
		return 0;
	errno = report->error;
	return -1;
}
