#include "client/run.h"

#include <errno.h>

#include "client/conversation.h"

/* By the rules of ping(8): one answer is enough, unless both -c and -w are
 * given, which require all. */
static bool
enough(const struct outcome_pings *p, const struct conversation_setup *s)
{
	if (p->answers.count == 0)
		return false;
	return s->count == 0 || s->options->deadline_ms == 0 ||
	       p->answers.count >= s->count;
}

/* True if the conversation did what was requested.  If not, and nothing failed,
 * sets the reason: the end of the run or missing answers. */
static void
judge(const struct conversation_setup *s, struct outcome *o)
{
	if (o->reason == REASON_NONE && s->target->service == NULL)
		o->ok = enough(&o->pings[OUTCOME_CLEAR], s) &&
		        (s->verifier == NULL ||
			    enough(&o->pings[OUTCOME_OVER_TLS], s));
	if (!o->ok && o->reason == REASON_NONE)
		o->reason =
		    s->control->stopped ? REASON_INTERRUPTED : REASON_TIMEOUT;
}

static void
count(struct target_summary *summary, const struct outcome *o)
{
	summary->connections++;
	summary->ok += o->ok;
	if (o->reason > REASON_NONE && o->reason < REASONS)
		summary->reasons[o->reason]++;
	if (o->ok && o->phase_ns[OUTCOME_TOTAL] != OUTCOME_NOT_REACHED)
		samples_add(summary->total, o->phase_ns[OUTCOME_TOTAL]);
	if (o->ok && o->phase_ns[OUTCOME_TLS] != OUTCOME_NOT_REACHED)
		samples_add(summary->tls, o->phase_ns[OUTCOME_TLS]);
	summary->ended = deadline_now();
}

/* Waits for the rest of the interval.  Returns true to go on. */
static bool
pause_until(struct control *control, deadline next)
{
	for (;;) {
		if (control_take(control) || control_is_over(control))
			return false;
		if (deadline_wait(-1, 0, deadline_earlier(next, control->end),
			control->signals) == -1 &&
		    errno == ETIMEDOUT)
			return !control_is_over(control);
	}
}

/* Holds so many conversations with a target (0: no end).  Returns whether all
 * that was asked for succeeded; `unread` becomes true where nobody reads about
 * it any more. */
static bool
ping_target(
    struct conversation_setup *setup, unsigned long conversations, bool *unread)
{
	static struct outcome outcome;
	struct samples total = {.kept = NULL}, tls = {.kept = NULL};
	struct target_summary summary = {
	    .target = setup->target->text,
	    .began = deadline_now(),
	    .total = &total,
	    .tls = &tls,
	};
	const struct reporter *reporter = setup->reporter;
	bool going_on = true;

	for (uint64_t i = 1; going_on; i++) {
		deadline next = setup->options->interval_ms == 0
		                    ? 0
		                    : deadline_in(setup->options->interval_ms);
		bool over;

		outcome_init(&outcome);
		outcome.sequence = i;
		conversation_hold(setup, &outcome);
		over =
		    setup->control->stopped || control_is_over(setup->control);
		judge(setup, &outcome);
		/* Not counted if the run ended meanwhile, like an outstanding
		 * ping. */
		if (over && !outcome.ok && i > 1 &&
		    (outcome.reason == REASON_TIMEOUT ||
			outcome.reason == REASON_INTERRUPTED))
			break;
		summary.last = &outcome;
		count(&summary, &outcome);
		going_on = REPORTER_TELL(reporter, ended, &outcome) == 0 &&
		           i != conversations && !over &&
		           pause_until(setup->control, next);
	}
	*unread = REPORTER_TELL(reporter, summary, &summary) == -1;
	samples_clear(&total);
	samples_clear(&tls);
	/* With -c and -w, all of them must succeed. */
	return summary.connections > 0 && summary.ok == summary.connections &&
	       (conversations == 0 || setup->options->deadline_ms == 0 ||
		   summary.ok >= conversations);
}

bool
run_targets(const struct ping_options *options, struct verifier *verifier,
    const struct reporter *reporter, struct control *control)
{
	/* Only a single target is pinged without limit. */
	unsigned long pings = options->count == 0 && options->target_count > 1
	                          ? 1
	                          : options->count;
	bool all = true, unread;

	for (size_t i = 0; i < options->target_count; i++) {
		const struct target *target = &options->targets[i];
		bool ours = target->service == NULL && !options->reconnect;
		struct conversation_setup setup = {
		    .options = options,
		    .target = target,
		    .count = target->service == NULL && !ours ? 1 : pings,
		    .verifier = verifier,
		    .reporter = reporter,
		    .control = control,
		};

		if (!ping_target(&setup, ours ? 1 : pings, &unread))
			all = false;
		if (control->stopped || unread)
			return all && i + 1 == options->target_count;
	}
	return all;
}
