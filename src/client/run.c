#include "client/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "client/probe.h"

/* How long the processes of conversations may take to end once the run is
 * stopped: longer than they wait for a server to close. */
#define STOP_MS (2 * CONVERSATION_LINGER_MS)

/* A target of the run. */
struct pinged {
	struct conversation_setup setup;
	unsigned long conversations; /* to be held; 0: no limit */
	uint64_t begun;
	bool busy, done;
	deadline next; /* not before: the next conversation */
	struct samples total, tls;
	struct target_summary summary;
	struct outcome last;
};

struct run {
	const struct ping_options *options;
	const struct reporter *reporter;
	struct control *control;
	struct sandbox *sandbox;
	struct pinged *targets;
	size_t first; /* all before it are done */
	/* The conversations under way; a place whose target is NULL is free. */
	struct place {
		struct probe probe;
		struct pinged *target;
	} * places;
	struct pollfd *fds;
	size_t place_count, busy, done; /* done: targets */
	deadline stop; /* once it is stopped: then processes are killed */
	bool unread;   /* nobody reads about it any more */
};

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

/* Sets whether the conversation did what was requested.  If not, and nothing
 * failed, sets the reason: the end of the run or missing answers. */
static void
judge_conversation(const struct conversation_setup *s, struct outcome *o)
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

/* True if no conversation is to begin that did not have to. */
static bool
is_over(const struct run *r)
{
	return r->unread || r->control->stopped || control_is_over(r->control);
}

/* Takes in what a conversation came to. */
static void
conclude(struct run *r, struct place *place)
{
	struct pinged *t = place->target;
	struct outcome *o = &place->probe.last.outcome;
	bool over = is_over(r);

	place->target = NULL;
	r->busy--;
	t->busy = false;
	t->done = over || t->begun == t->conversations;
	r->done += t->done;
	r->unread = r->unread || place->probe.unread;
	judge_conversation(&t->setup, o);
	/* Not counted if the run ended meanwhile, like an outstanding ping. */
	if (over && !o->ok && t->begun > 1 &&
	    (o->reason == REASON_TIMEOUT || o->reason == REASON_INTERRUPTED))
		return;
	t->last = *o;
	t->summary.last = &t->last;
	count(&t->summary, o);
	if (!r->unread && REPORTER_TELL(r->reporter, ended, &t->last) == -1)
		r->unread = true;
}

static struct place *
free_place(struct run *r)
{
	struct place *place = r->places;

	while (place->target != NULL)
		place++;
	return place;
}

/* Begins the next conversation with a target. */
static void
begin_conversation(struct run *r, struct pinged *t)
{
	struct place *place = free_place(r);

	if (t->begun == 0)
		t->summary.began = deadline_now();
	t->busy = true;
	t->next = r->options->interval_ms == 0
	              ? 0
	              : deadline_in(r->options->interval_ms);
	r->busy++;
	place->target = t;
	probe_begin(
	    &place->probe, &t->setup, r->sandbox, ++t->begun, t->summary.last);
	if (place->probe.state == PROBE_ENDED)
		conclude(r, place);
}

/*
 * Begins as many conversations as may be under way.  Returns when the next one
 * can begin; DEADLINE_NEVER if that depends on the end of another.
 */
static deadline
begin_those_due(struct run *r)
{
	deadline next = DEADLINE_NEVER;

	for (size_t i = r->first; i < r->options->target_count; i++) {
		struct pinged *t = &r->targets[i];

		if (r->busy == r->place_count)
			return DEADLINE_NEVER;
		if (r->unread || control_take(r->control))
			return DEADLINE_NEVER;
		if (t->busy || t->done)
			continue;
		if (t->begun > 0 && control_is_over(r->control))
			t->done = true;
		else if (deadline_now() >= t->next)
			begin_conversation(r, t);
		if (!t->busy && !t->done)
			next = deadline_earlier(
			    next, deadline_earlier(t->next, r->control->end));
	}
	return next;
}

/* The run is stopped: so are all conversations, and later their processes are
 * killed. */
static void
stop_run(struct run *r)
{
	if (r->stop == DEADLINE_NEVER) {
		r->stop = deadline_in(STOP_MS);
		for (size_t i = 0; i < r->place_count; i++)
			if (r->places[i].target != NULL)
				probe_stop(&r->places[i].probe);
	}
	/* A second interrupt. */
	if (r->control->grace == 0)
		r->stop = 0;
	if (r->unread || deadline_now() >= r->stop)
		for (size_t i = 0; i < r->place_count; i++)
			if (r->places[i].target != NULL)
				probe_end(&r->places[i].probe);
}

/* Answers SIGQUIT. */
static void
show_statistics(struct run *r)
{
	r->control->asked = false;
	for (size_t i = 0; i < r->place_count; i++) {
		const struct place *place = &r->places[i];

		if (place->target != NULL &&
		    place->target->setup.target->service == NULL &&
		    place->probe.state == PROBE_TALKING &&
		    REPORTER_TELL(
			r->reporter, asked, &place->probe.last.outcome) == -1)
			r->unread = true;
	}
}

/* Waits until something happens, at most until `when`. */
static void
wait_for_events(struct run *r, deadline when)
{
	struct timespec left;

	when = deadline_earlier(when, r->stop);
	for (size_t i = 0; i < r->place_count; i++) {
		const struct place *place = &r->places[i];

		r->fds[i] = (struct pollfd){.fd = -1};
		if (place->target != NULL)
			when = deadline_earlier(
			    when, probe_wait(&place->probe, &r->fds[i]));
	}
	r->fds[r->place_count] =
	    (struct pollfd){.fd = r->control->signals, .events = POLLIN};
	(void)ppoll(
	    r->fds, r->place_count + 1, deadline_left(when, &left), NULL);
}

static void
go_on(struct run *r)
{
	int64_t now = deadline_now();
	struct pollfd unused;

	for (size_t i = 0; i < r->place_count && !r->unread; i++) {
		struct place *place = &r->places[i];

		if (place->target == NULL)
			continue;
		if (r->fds[i].revents != 0 ||
		    probe_wait(&place->probe, &unused) <= now)
			probe_continue(&place->probe);
		r->unread = r->unread || place->probe.unread;
	}
}

static void
conclude_those_ended(struct run *r)
{
	for (size_t i = 0; i < r->place_count; i++)
		if (r->places[i].target != NULL &&
		    r->places[i].probe.state == PROBE_ENDED)
			conclude(r, &r->places[i]);
}

/* Whether there is anything left to do. */
static bool
goes_on(struct run *r)
{
	while (r->first < r->options->target_count && r->targets[r->first].done)
		r->first++;
	return r->busy > 0 || (r->first < r->options->target_count &&
				  !r->unread && !r->control->stopped);
}

static void
run(struct run *r)
{
	while (goes_on(r)) {
		deadline next = begin_those_due(r);

		if (r->control->stopped || r->unread)
			stop_run(r);
		conclude_those_ended(r);
		if (!goes_on(r))
			return;
		if (REPORTER_TELL(r->reporter, under_way, r->done, r->busy,
			r->options->target_count) == -1)
			r->unread = true;
		wait_for_events(r, next);
		(void)control_take(r->control);
		if (r->control->asked)
			show_statistics(r);
		go_on(r);
		conclude_those_ended(r);
	}
}

/* What a target came to; true if all that was requested succeeded. */
static bool
sum_up(struct run *r, struct pinged *t)
{
	const struct target_summary *s = &t->summary;
	bool good;

	/* With -c and -w, all of them must succeed. */
	good = s->connections > 0 && s->ok == s->connections &&
	       (t->conversations == 0 || r->options->deadline_ms == 0 ||
		   s->ok >= t->conversations);
	if (t->begun > 0 && !r->unread &&
	    REPORTER_TELL(r->reporter, summary, s) == -1)
		r->unread = true;
	samples_clear(&t->total);
	samples_clear(&t->tls);
	return good;
}

static void
set_up_target(struct run *r, struct pinged *t, const struct target *target,
    struct verifier *verifier)
{
	const struct ping_options *o = r->options;
	/* Only a single target is pinged without limit. */
	unsigned long pings =
	    o->count == 0 && o->target_count > 1 ? 1 : o->count;
	bool ours = target->service == NULL && !o->reconnect;

	t->setup = (struct conversation_setup){
	    .options = o,
	    .target = target,
	    .count = target->service == NULL && !ours ? 1 : pings,
	    .verifier = verifier,
	    .reporter = r->reporter,
	    .control = r->control,
	    .records = o->tlsa,
	    .record_count = o->tlsa_count,
	};
	t->conversations = ours ? 1 : pings;
	t->summary = (struct target_summary){
	    .target = target->text,
	    .total = &t->total,
	    .tls = &t->tls,
	};
}

/* Returns false if memory is exhausted. */
static bool
set_up_run(struct run *r, struct verifier *verifier)
{
	const struct ping_options *o = r->options;

	r->place_count =
	    o->parallel < o->target_count ? o->parallel : o->target_count;
	r->targets = calloc(o->target_count, sizeof(*r->targets));
	r->places = calloc(r->place_count, sizeof(*r->places));
	r->fds = calloc(r->place_count + 1, sizeof(*r->fds));
	r->sandbox = o->no_sandbox ? NULL : sandbox_new(SANDBOX_CLIENT);
	if (r->targets == NULL || r->places == NULL || r->fds == NULL ||
	    (r->sandbox == NULL && !o->no_sandbox))
		return false;
	for (size_t i = 0; i < o->target_count; i++)
		set_up_target(r, &r->targets[i], &o->targets[i], verifier);
	return true;
}

int
run_targets(const struct ping_options *options, struct verifier *verifier,
    const struct reporter *reporter, struct control *control)
{
	struct run r = {
	    .options = options,
	    .reporter = reporter,
	    .control = control,
	    .stop = DEADLINE_NEVER,
	};
	int all = -1;

	if (set_up_run(&r, verifier)) {
		run(&r);
		all = 1;
		for (size_t i = 0; i < options->target_count; i++)
			all &= sum_up(&r, &r.targets[i]);
	}
	free(r.targets);
	free(r.places);
	free(r.fds);
	sandbox_free(r.sandbox);
	return all;
}
