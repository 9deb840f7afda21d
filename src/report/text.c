#include "report/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

#define MS_PER_NS 1e-6
#define SECONDS_A_DAY INT64_C(86400)

static const char *const where[] = {
    [OUTCOME_CLEAR] = "in the clear",
    [OUTCOME_OVER_TLS] = "over TLS",
};

/* Writes a line, preceded by the time with -D.  Returns 0, or -1 if this or an
 * earlier write failed. */
static int __attribute__((format(printf, 2, 3)))
say(struct text_report *t, const char *format, ...)
{
	char line[OUTPUT_LINE_MAX / 2], stamp[40] = "";
	struct timespec now;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (t->options->timestamps) {
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(stamp, sizeof(stamp), "[%jd.%06ld] ",
		    (intmax_t)now.tv_sec, now.tv_nsec / 1000);
	}
	return output_line(t->out, "%s%s", stamp, line);
}

static bool
is_ours(const struct outcome *o)
{
	return strcmp(o->service, "pingtls") == 0;
}

/* The address without its port. */
static int
address_length(const struct outcome *o)
{
	const char *colon = strrchr(o->address, ':');

	return colon == NULL ? (int)strlen(o->address)
	                     : (int)(colon - o->address);
}

/* ... and without brackets. */
static void
format_host(const struct outcome *o, char *host, size_t size)
{
	int length = address_length(o), bracket = o->address[0] == '[';

	snprintf(
	    host, size, "%.*s", length - 2 * bracket, o->address + bracket);
}

/* Formats a number without trailing zeros: "2.5", "10", "0.001". */
static void
format_number(double value, int decimals, char *text, size_t size)
{
	char *end;

	snprintf(text, size, "%.*f", decimals, value);
	end = text + strlen(text) - 1;
	while (*end == '0')
		*end-- = '\0';
	if (*end == '.')
		*end = '\0';
}

static int
connected(void *context, const struct outcome *o)
{
	struct text_report *t = context;

	/* Only the first of several conversations shows it. */
	if (o->sequence > 1)
		return 0;
	t->shown[0] = '\0';
	return say(t, "PINGTLS %s (%s%s): connected in %.3f ms",
	    is_ours(o) ? o->host : o->target,
	    o->proxy[0] == '\0' ? "" : "through the proxy ", o->address,
	    (double)o->phase_ns[OUTCOME_CONNECT] * MS_PER_NS);
}

static int
answered(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence, int64_t ns)
{
	struct text_report *t = context;
	char host[OUTCOME_ADDRESS_MAX];

	if (t->options->quiet)
		return 0;
	format_host(o, host, sizeof(host));
	return say(t, "PONG from %s %s: seq=%" PRIu64 " time=%.3f ms", host,
	    where[stage], sequence, (double)ns * MS_PER_NS);
}

static int
unanswered(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence)
{
	struct text_report *t = context;
	char host[OUTCOME_ADDRESS_MAX], seconds[32];

	if (t->options->quiet)
		return 0;
	format_host(o, host, sizeof(host));
	format_number(
	    (double)t->options->timeout_ms / 1e3, 3, seconds, sizeof(seconds));
	return say(t, "no answer from %s %s: seq=%" PRIu64 " within %s s", host,
	    where[stage], sequence, seconds);
}

/* "364 days left", "3 days past its end". */
static void
format_days(int64_t end, char *text, size_t size)
{
	int64_t left = end - time(NULL), days = left / SECONDS_A_DAY;

	if (days < 0)
		days = -days;
	snprintf(text, size, "%" PRId64 " day%s %s", days, days == 1 ? "" : "s",
	    left < 0 ? "past its end" : "left");
}

static void
show_details(struct text_report *t, const struct outcome *o)
{
	const struct outcome_certificate *c = &o->certificate;
	char from[DATE_TEXT_MAX], until[DATE_TEXT_MAX];

	date_format((time_t)c->not_before, from);
	date_format((time_t)c->not_after, until);
	say(t, "  valid from %s until %s", from, until);
	if (c->chain_not_after != 0 && c->chain_not_after < c->not_after) {
		date_format((time_t)c->chain_not_after, until);
		say(t, "  its chain ends on %s, with %s", until, c->chain_ends);
	}
	say(t, "  key %s, %" PRIu32 " bits; signed with %s", c->key,
	    c->key_bits, c->signature);
	say(t, "  SHA-256 fingerprint %s", c->sha256);
	say(t, "  public key pin sha256//%s", c->spki_sha256);
	say(t, "  OCSP response: %s", o->ocsp);
}

static void
show_certificate(struct text_report *t, const struct outcome *o)
{
	const struct outcome_certificate *c = &o->certificate;
	char days[48];

	if (!c->seen)
		return;
	format_days(c->not_after, days, sizeof(days));
	say(t, "certificate: %s, issued by %s, %s%s%s%s", c->subject, c->issuer,
	    c->matched[0] == '\0' ? "" : "matches ", c->matched,
	    c->matched[0] == '\0' ? "" : ", ", days);
	if (t->options->verbose)
		show_details(t, o);
}

/* With --insecure: every problem. */
static void
show_problems(struct text_report *t, const struct outcome *o)
{
	const char *problem = o->problems;

	if (o->verified == OUTCOME_YES) {
		say(t, "would have been verified without --insecure as well");
		return;
	}
	while (*problem != '\0') {
		size_t length = strcspn(problem, "\n");

		say(t, "NOT VERIFIED: %.*s", (int)length, problem);
		problem += length + (problem[length] == '\n');
	}
}

static int
upgraded(void *context, const struct outcome *o)
{
	struct text_report *t = context;
	char now[sizeof(t->shown)];

	/* Only if it has changed: services have a handshake with each ping. */
	snprintf(now, sizeof(now), "%s %s %s", o->tls.version, o->tls.cipher,
	    o->certificate.sha256);
	if (strcmp(now, t->shown) == 0)
		return 0;
	strcpy(t->shown, now);
	if (t->options->verbose && o->starttls.reply[0] != '\0')
		say(t, "in the clear, from anyone: \"%s\"", o->starttls.reply);
	say(t, "%s: %s %s, handshake %.3f ms",
	    o->starttls.mode == OUTCOME_IMPLICIT_MODE ? "TLS" : "STARTTLS",
	    o->tls.version, o->tls.cipher,
	    (double)o->phase_ns[OUTCOME_TLS] * MS_PER_NS);
	show_certificate(t, o);
	if (t->options->verify.insecure)
		show_problems(t, o);
	return t->out->error == 0 ? 0 : -1;
}

/* The line of a successful conversation, like ping's, with its phases. */
static int
show_conversation(struct text_report *t, const struct outcome *o)
{
	static const char *const names[] = {
	    [OUTCOME_RESOLVE] = "resolve",
	    [OUTCOME_CONNECT] = "connect",
	    [OUTCOME_PROXY] = "proxy",
	    [OUTCOME_GREETING] = "greeting",
	    [OUTCOME_STARTTLS] = "starttls",
	    [OUTCOME_TLS] = "tls",
	};
	char host[OUTCOME_ADDRESS_MAX], phases[256] = "";
	size_t used = 0;

	for (int i = 0; i < OUTCOME_TOTAL; i++)
		if (o->phase_ns[i] != OUTCOME_NOT_REACHED)
			used += (size_t)snprintf(phases + used,
			    sizeof(phases) - used, "%s%s %.3f",
			    used == 0 ? "" : ", ", names[i],
			    (double)o->phase_ns[i] * MS_PER_NS);
	format_host(o, host, sizeof(host));
	return say(t, "%s from %s: seq=%" PRIu64 " time=%.3f ms (%s)",
	    o->service, host, o->sequence,
	    (double)o->phase_ns[OUTCOME_TOTAL] * MS_PER_NS, phases);
}

static int
ended(void *context, const struct outcome *o)
{
	struct text_report *t = context;

	if (o->message[0] != '\0') {
		/* The facts known in spite of the failure. */
		if (o->phase_ns[OUTCOME_TLS] == OUTCOME_NOT_REACHED)
			show_certificate(t, o);
		output_line(t->errors, "pingtls: %s: %s", o->host, o->message);
	}
	if (t->options->verbose && o->remark[0] != '\0')
		say(t, "%s", o->remark);
	if (o->ok && !is_ours(o) && !t->options->quiet)
		return show_conversation(t, o);
	return t->out->error == 0 ? 0 : -1;
}

/* Formats a loss as ping(8) does, "0", "33.3333", "99.9999", in fixed notation.
 * Only a total loss is 100, and only no loss is 0. */
static void
format_loss(uint64_t sent, uint64_t received, char *text, size_t size)
{
	uint64_t lost = received > sent ? 0 : sent - received;
	double percent = sent == 0 ? 0 : 100.0 * (double)lost / (double)sent;

	if (lost > 0 && percent < 0.0001)
		percent = 0.0001;
	if (lost < sent && percent > 99.9999)
		percent = 99.9999;
	format_number(percent, 4, text, size);
}

static void
format_times(const struct times *t, char *text, size_t size)
{
	snprintf(text, size, "min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms",
	    (double)t->min * MS_PER_NS, times_mean(t) * MS_PER_NS,
	    (double)t->max * MS_PER_NS, times_deviation(t) * MS_PER_NS);
}

/* The line on standard error after SIGQUIT, as in ping(8). */
static int
asked(void *context, const struct outcome *o)
{
	struct text_report *t = context;
	enum outcome_stage stage = o->pings[OUTCOME_OVER_TLS].sent > 0
	                               ? OUTCOME_OVER_TLS
	                               : OUTCOME_CLEAR;
	const struct outcome_pings *p = &o->pings[stage];
	char loss[32], times[128];

	format_loss(p->sent, p->answers.count, loss, sizeof(loss));
	format_times(&p->answers, times, sizeof(times));
	output_line(t->errors,
	    "%s: %" PRIu64 "/%" PRIu64 " pings, %s%% loss%s%s", where[stage],
	    p->answers.count, p->sent, loss, p->answers.count > 0 ? ", " : "",
	    p->answers.count > 0 ? times : "");
	return 0;
}

static void
show_pings(
    struct text_report *t, enum outcome_stage stage, const struct outcome *o)
{
	const struct outcome_pings *p = &o->pings[stage];
	char loss[32], times[128];

	if (p->sent == 0)
		return;
	format_loss(p->sent, p->answers.count, loss, sizeof(loss));
	say(t,
	    "%s: %" PRIu64 " sent, %" PRIu64 " received, %s%% loss, "
	    "time %.0f ms",
	    where[stage], p->sent, p->answers.count, loss,
	    (double)(p->ended - p->began) * MS_PER_NS);
	if (p->answers.count == 0)
		return;
	format_times(&p->answers, times, sizeof(times));
	say(t, "rtt %s", times);
}

/* "rtt p50/p90 = 13.913/22.524 ms": those with enough samples. */
static void
show_percentiles(struct text_report *t, const char *name, struct samples *s)
{
	static const unsigned int percents[] = {50, 90, 99};
	char names[32] = "", values[96] = "";
	size_t named = 0, valued = 0;
	int64_t ns;

	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		const char *slash = named == 0 ? "" : "/";

		if (!samples_percentile(s, percents[i], &ns))
			continue;
		named += (size_t)snprintf(names + named, sizeof(names) - named,
		    "%sp%u", slash, percents[i]);
		valued +=
		    (size_t)snprintf(values + valued, sizeof(values) - valued,
			"%s%.3f", slash, (double)ns * MS_PER_NS);
	}
	if (named > 0)
		say(t, "%s %s = %s ms", name, names, values);
}

static void
show_samples(struct text_report *t, const char *name, struct samples *s)
{
	char times[128];

	if (s->times.count == 0)
		return;
	format_times(&s->times, times, sizeof(times));
	say(t, "%s %s", name, times);
	show_percentiles(t, name, s);
}

static int
summary(void *context, const struct target_summary *s)
{
	struct text_report *t = context;
	const struct outcome *last = s->last;
	char loss[32];

	if (last == NULL || (is_ours(last) && !t->options->reconnect &&
				last->pings[OUTCOME_CLEAR].sent == 0))
		return t->out->error == 0 ? 0 : -1;
	if (output_write(t->out, "\n", 1) == -1)
		return -1;
	say(t, "--- %s pingtls statistics ---",
	    is_ours(last) ? last->host : s->target);
	if (is_ours(last) && !t->options->reconnect) {
		show_pings(t, OUTCOME_CLEAR, last);
		show_pings(t, OUTCOME_OVER_TLS, last);
		return t->out->error == 0 ? 0 : -1;
	}
	format_loss(s->connections, s->ok, loss, sizeof(loss));
	say(t,
	    "%" PRIu64 " connections, %" PRIu64 " good, %s%% loss, "
	    "time %.0f ms",
	    s->connections, s->ok, loss,
	    (double)(s->ended - s->began) * MS_PER_NS);
	show_samples(t, "rtt", s->total);
	show_samples(t, "tls", s->tls);
	return t->out->error == 0 ? 0 : -1;
}

struct reporter
text_reporter(struct text_report *t)
{
	return (struct reporter){
	    .context = t,
	    .connected = connected,
	    .answered = answered,
	    .unanswered = unanswered,
	    .upgraded = upgraded,
	    .ended = ended,
	    .asked = asked,
	    .summary = summary,
	};
}
