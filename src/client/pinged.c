#include "client/pinged.h"

#include "client/reporter.h"

bool
pinged_is_one_conversation(const struct pinged *t)
{
	return t->setup.target->service == NULL && !t->setup.options->reconnect;
}

void
pinged_set_up(struct pinged *t, const struct target *target,
    const struct conversation_setup *common)
{
	const struct ping_options *o = common->options;
	/* Only a single target is pinged without limit. */
	unsigned long pings =
	    o->count == 0 && o->target_count > 1 ? 1 : o->count;
	bool one;

	t->setup = *common;
	t->setup.target = target;
	one = pinged_is_one_conversation(t);
	t->setup.count = target->service == NULL && !one ? 1 : pings;
	t->setup.records = o->tlsa;
	t->setup.record_count = o->tlsa_count;
	t->conversations = one ? 1 : pings;
	t->summary = (struct target_summary){
	    .target = target->text,
	    .total = &t->total,
	    .tls = &t->tls,
	};
}

void
pinged_clear(struct pinged *t)
{
	samples_clear(&t->total);
	samples_clear(&t->tls);
}

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

void
pinged_judge(const struct pinged *t, struct outcome *o)
{
	const struct conversation_setup *s = &t->setup;

	if (o->reason == REASON_NONE && s->target->service == NULL)
		o->ok = enough(&o->pings[OUTCOME_CLEAR], s) &&
		        (s->verifier == NULL ||
			    enough(&o->pings[OUTCOME_OVER_TLS], s));
	if (!o->ok && o->reason == REASON_NONE)
		o->reason =
		    s->control->stopped ? REASON_INTERRUPTED : REASON_TIMEOUT;
}

void
pinged_count(struct pinged *t, const struct outcome *o)
{
	struct target_summary *summary = &t->summary;

	t->last = *o;
	summary->last = &t->last;
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

bool
pinged_succeeded(const struct pinged *t)
{
	const struct target_summary *s = &t->summary;

	/* With -c and -w, all of them must succeed. */
	return s->connections > 0 && s->ok == s->connections &&
	       (t->conversations == 0 || t->setup.options->deadline_ms == 0 ||
		   s->ok >= t->conversations);
}
