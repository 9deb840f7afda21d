#include "client/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/dontfork.h"
#include "client/pinged.h"
#include "client/probe.h"

/* How long the processes of conversations may take to end once the run is
 * stopped: longer than they wait for a server to close. */
#define STOP_MS (2 * CONVERSATION_LINGER_MS)

struct run {
	const struct ping_options *options;
	const struct reporter *reporter;
	struct control *control;
	struct sandbox *sandbox;
	struct resolvers resolvers;
	/* In memory that the processes of conversations do not inherit: what
	 * one server did is none of the others' business. */
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
	pinged_judge(t, o);
	/* Not counted if the run ended meanwhile, like an outstanding ping. */
	if (over && !o->ok && t->begun > 1 &&
	    (o->reason == REASON_TIMEOUT || o->reason == REASON_INTERRUPTED))
		return;
	pinged_count(t, o);
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
	probe_begin(&place->probe, &t->setup, r->sandbox, &r->resolvers,
	    ++t->begun, t->summary.last);
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

/* The outcome so far of the conversation with a target; NULL: none is
 * connected. */
static const struct outcome *
outcome_so_far(const struct run *r, const struct pinged *t)
{
	for (size_t i = 0; i < r->place_count; i++)
		if (r->places[i].target == t &&
		    r->places[i].probe.state == PROBE_TALKING)
			return &r->places[i].probe.last.outcome;
	return NULL;
}

/* Answers SIGQUIT. */
static void
show_statistics(struct run *r)
{
	r->control->asked = false;
	for (size_t i = 0; i < r->options->target_count; i++) {
		const struct pinged *t = &r->targets[i];
		const struct outcome *pings = NULL;

		if (t->begun == 0)
			continue;
		if (pinged_is_one_conversation(t)) {
			pings = outcome_so_far(r, t);
			if (pings == NULL)
				continue;
		}
		if (REPORTER_TELL(r->reporter, asked, &t->summary, pings) == -1)
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

/* Says what a target came to; true if all that was requested succeeded. */
static bool
sum_up(struct run *r, struct pinged *t)
{
	bool good = pinged_succeeded(t);

	if (t->begun > 0 && !r->unread &&
	    REPORTER_TELL(r->reporter, summary, &t->summary) == -1)
		r->unread = true;
	pinged_clear(t);
	return good;
}

/* Returns false if memory is exhausted. */
static bool
set_up_run(struct run *r, struct verifier *verifier)
{
	const struct ping_options *o = r->options;

	r->place_count =
	    o->parallel < o->target_count ? o->parallel : o->target_count;
	r->targets = dontfork_new(o->target_count * sizeof(*r->targets));
	r->places = dontfork_new(r->place_count * sizeof(*r->places));
	r->fds = calloc(r->place_count + 1, sizeof(*r->fds));
	r->sandbox = o->no_sandbox ? NULL : sandbox_new(SANDBOX_CLIENT);
	if (r->targets == NULL || r->places == NULL || r->fds == NULL ||
	    (r->sandbox == NULL && !o->no_sandbox))
		return false;
	for (size_t i = 0; i < o->target_count; i++)
		pinged_set_up(&r->targets[i], &o->targets[i],
		    &(struct conversation_setup){
			.options = o,
			.verifier = verifier,
			.reporter = r->reporter,
			.control = r->control,
		    });
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
	dontfork_free(r.targets, options->target_count * sizeof(*r.targets));
	dontfork_free(r.places, r.place_count * sizeof(*r.places));
	free(r.fds);
	resolvers_clear(&r.resolvers);
	sandbox_free(r.sandbox);
	return all;
}
