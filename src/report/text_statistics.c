/*
 * The statistics of the text report: interim ones, and the summary.
 */
#include "report/text_internal.h"

#include <inttypes.h>
#include <stdio.h>

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
	text_format_number(percent, 4, text, size);
}

static void
format_times(const struct times *t, char *text, size_t size)
{
	snprintf(text, size, "min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms",
	    (double)t->min * TEXT_MS_PER_NS, times_mean(t) * TEXT_MS_PER_NS,
	    (double)t->max * TEXT_MS_PER_NS,
	    times_deviation(t) * TEXT_MS_PER_NS);
}

/* The line on standard error after SIGQUIT, as in ping(8). */
static void
show_so_far(struct text_report *t, const char *where, const char *what,
    uint64_t sent, uint64_t received, const struct times *answers)
{
	char loss[32], times[128];

	format_loss(sent, received, loss, sizeof(loss));
	format_times(answers, times, sizeof(times));
	output_line(t->errors,
	    "%s%s%s%" PRIu64 "/%" PRIu64 " %s, %s%% loss%s%s",
	    t->target == NULL ? "" : t->target, t->target == NULL ? "" : ": ",
	    where, received, sent, what, loss, answers->count > 0 ? ", " : "",
	    answers->count > 0 ? times : "");
}

int
text_asked(
    void *context, const struct target_summary *s, const struct outcome *pings)
{
	struct text_report *t = context;
	enum outcome_stage stage = OUTCOME_CLEAR;
	const struct outcome_pings *p;

	t->target = t->options->target_count > 1 ? s->target : NULL;
	if (pings != NULL || s->last != NULL)
		text_about(t, pings != NULL ? pings : s->last);
	if (pings == NULL) {
		show_so_far(t, "", "connections", s->connections, s->ok,
		    &s->total->times);
		return 0;
	}
	if (pings->pings[OUTCOME_OVER_TLS].sent > 0)
		stage = OUTCOME_OVER_TLS;
	p = &pings->pings[stage];
	show_so_far(t,
	    stage == OUTCOME_CLEAR ? "in the clear: " : "over TLS: ", "pings",
	    p->sent, p->answers.count, &p->answers);
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
	text_say(t,
	    "%s: %" PRIu64 " sent, %" PRIu64 " received, %s%% loss, "
	    "time %.0f ms",
	    text_stage[stage], p->sent, p->answers.count, loss,
	    (double)(p->ended - p->began) * TEXT_MS_PER_NS);
	if (p->answers.count == 0)
		return;
	format_times(&p->answers, times, sizeof(times));
	text_say(t, "rtt %s", times);
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
			"%s%.3f", slash, (double)ns * TEXT_MS_PER_NS);
	}
	if (named > 0)
		text_say(t, "%s %s = %s ms", name, names, values);
}

static void
show_samples(struct text_report *t, const char *name, struct samples *s)
{
	char times[128];

	if (s->times.count == 0)
		return;
	format_times(&s->times, times, sizeof(times));
	text_say(t, "%s %s", name, times);
	show_percentiles(t, name, s);
}

int
text_summary(void *context, const struct target_summary *s)
{
	struct text_report *t = context;
	const struct outcome *last = s->last;
	char loss[32], target[OUTCOME_TARGET_MAX];

	if (last == NULL || (!text_is_one_ping(t, last) &&
				last->pings[OUTCOME_CLEAR].sent == 0))
		return t->out->error == 0 ? 0 : -1;
	if (output_write(t->out, "\n", 1) == -1)
		return -1;
	t->target = NULL;
	text_say(t, "--- %s pingtls statistics ---",
	    text_is_ours(last) && t->options->target_count == 1
		? last->host
		: outcome_show_target(last, target));
	if (!text_is_one_ping(t, last)) {
		show_pings(t, OUTCOME_CLEAR, last);
		show_pings(t, OUTCOME_OVER_TLS, last);
		return t->out->error == 0 ? 0 : -1;
	}
	format_loss(s->connections, s->ok, loss, sizeof(loss));
	text_say(t,
	    "%" PRIu64 " connections, %" PRIu64 " good, %s%% loss, "
	    "time %.0f ms",
	    s->connections, s->ok, loss,
	    (double)(s->ended - s->began) * TEXT_MS_PER_NS);
	show_samples(t, "rtt", s->total);
	show_samples(t, "tls", s->tls);
	return t->out->error == 0 ? 0 : -1;
}
