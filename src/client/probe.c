#include "client/probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/printable.h"
#include "client/probe_internal.h"

/* The limit of a conversation with a service; servers give up long before. */
#define SERVICE_MS 60000

/* Everything measured except name resolution. */
static void
note_total(struct outcome *o)
{
	int64_t total = 0;

	if (o->phase_ns[OUTCOME_TLS] == OUTCOME_NOT_REACHED)
		return;
	for (int i = OUTCOME_CONNECT; i < OUTCOME_TOTAL; i++)
		if (o->phase_ns[i] != OUTCOME_NOT_REACHED)
			total += o->phase_ns[i];
	o->phase_ns[OUTCOME_TOTAL] = total;
}

void
probe_finish(struct probe *p)
{
	switch (p->state) {
	case PROBE_LOOKING_UP:
		resolve_end(&p->look_up);
		break;
	case PROBE_CONNECTING:
		dial_give_up(&p->dial);
		break;
	case PROBE_TALKING:
		(void)conversation_process_end(&p->process);
		break;
	case PROBE_ENDED:
		break;
	}
	p->state = PROBE_ENDED;
	free(p->dane);
	p->dane = NULL;
	note_total(&p->last.outcome);
}

void
probe_fail(struct probe *p, enum reason reason, const char *format, ...)
{
	struct outcome *o = &p->last.outcome;
	va_list arguments;

	o->ok = false;
	o->reason = reason;
	va_start(arguments, format);
	printable_vformat(o->message, sizeof(o->message), format, arguments);
	va_end(arguments);
	probe_finish(p);
}

/* What follows the message of a step that failed before the conversation. */
static const char *
addition(const struct probe *p, enum reason reason)
{
	if (control_is_over(p->setup.control))
		return " (the deadline was over)";
	return reason == REASON_TIMEOUT ? " (-W waits longer)" : "";
}

static void
probe_connected(struct probe *p, int ret)
{
	if (ret == 1)
		probe_talk(p);
	else if (ret == -1) {
		enum reason reason = p->dial.error == ETIMEDOUT
		                         ? REASON_TIMEOUT
		                         : REASON_CONNECT;

		probe_fail(p, reason, "cannot connect: %s%s", p->dial.why,
		    addition(p, reason));
	}
}

static void
resolve_failed(struct probe *p, enum reason reason, const char *why)
{
	bool proxy = p->setup.options->has_proxy;

	probe_fail(p, reason, "cannot resolve%s%s: %s%s",
	    proxy ? " the proxy " : "",
	    proxy ? p->setup.options->proxy.host.host : "", why,
	    addition(p, reason));
}

/* Goes on with what the look-up has found, if that is enough. */
static bool
take_answer(struct probe *p, int ret)
{
	const struct dane_answer *dane = p->dane;
	enum reason reason = dane == NULL ? REASON_NONE : dane_reason(dane);

	/* A host that does not exist has no records either. */
	if (ret == -1 &&
	    (reason == REASON_NONE || reason == REASON_DANE_REQUIRED)) {
		resolve_failed(p, REASON_RESOLVE, p->look_up.why);
		return false;
	}
	if (reason != REASON_NONE) {
		p->last.outcome.dane = OUTCOME_DANE_FAILED;
		probe_fail(p, reason, "%s%s", dane->why, addition(p, reason));
		return false;
	}
	if (dane != NULL) {
		p->setup.records = dane->records;
		p->setup.record_count = (size_t)dane->count;
		p->setup.tlsa_base = &dane->base;
	}
	return true;
}

/* Leaves the only address that is to be tried. */
static void
take_only_address(struct resolution *found, const struct target *target)
{
	found->count = 1;
	found->found[0].length = target->address_length;
	found->found[0].address = target->address;
}

static void
looked_up(struct probe *p, int ret)
{
	if (ret == 0 || !take_answer(p, ret))
		return;
	resolve_end(&p->look_up);
	if (p->setup.target->address_length > 0)
		take_only_address(&p->look_up.found, p->setup.target);
	p->last.outcome.phase_ns[OUTCOME_RESOLVE] = deadline_now() - p->began;
	p->state = PROBE_CONNECTING;
	p->began = deadline_now();
	probe_connected(p, dial_begin(&p->dial, &p->look_up.found,
			       p->setup.options->timeout_ms, p->setup.end));
}

/* What is known from the beginning. */
static void
identify(struct probe *p, uint64_t sequence)
{
	const struct conversation_setup *s = &p->setup;
	const struct target *target = s->target;
	struct outcome *o = &p->last.outcome;
	struct timespec now;

	outcome_init(o);
	o->sequence = sequence;
	clock_gettime(CLOCK_REALTIME, &now);
	o->at = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	snprintf(o->target, sizeof(o->target), "%s", target->text);
	snprintf(
	    o->service, sizeof(o->service), "%s", target_service_name(target));
	snprintf(o->host, sizeof(o->host), "%s", target->host.host);
	o->port = target->port;
	if (s->options->has_proxy)
		snprintf(
		    o->proxy, sizeof(o->proxy), "%s", s->options->proxy.text);
	if (s->verifier == NULL)
		o->starttls.mode = OUTCOME_PLAIN_MODE;
	else if (target->service != NULL && target->service->implicit)
		o->starttls.mode = OUTCOME_IMPLICIT_MODE;
}

/* What to look up before the conversation. */
static void
pose_question(
    const struct conversation_setup *setup, struct resolver_question *q)
{
	const struct ping_options *options = setup->options;
	const struct target *to =
	    options->has_proxy ? &options->proxy : setup->target;

	*q = (struct resolver_question){
	    .port = to->port,
	    .family = options->family,
	    .records = options->dane,
	    .server_port = setup->target->port,
	};
	strcpy(q->host, to->host.host);
	strcpy(q->server, setup->target->host.name);
}

void
probe_begin(struct probe *p, const struct conversation_setup *setup,
    const struct sandbox *sandbox, struct resolvers *resolvers,
    uint64_t sequence, const struct outcome *previous)
{
	const struct ping_options *options = setup->options;
	struct resolver_question question;

	p->setup = *setup;
	p->sandbox = sandbox;
	p->previous = previous;
	p->unread = false;
	p->last.event = RECORD_NONE;
	identify(p, sequence);
	p->setup.end = setup->control->end;
	if (setup->target->service != NULL)
		p->setup.end =
		    deadline_earlier(p->setup.end, deadline_in(SERVICE_MS));
	p->state = PROBE_ENDED; /* there is nothing to free yet */
	p->dane = options->dane ? calloc(1, sizeof(*p->dane)) : NULL;
	if (options->dane && p->dane == NULL) {
		probe_fail(p, REASON_SYSTEM, "out of memory");
		return;
	}
	p->state = PROBE_LOOKING_UP;
	p->began = deadline_now();
	p->until =
	    deadline_earlier(deadline_in(options->timeout_ms), p->setup.end);
	pose_question(setup, &question);
	looked_up(p, resolve_begin(&p->look_up, resolvers, &question, p->dane));
}

deadline
probe_wait(const struct probe *p, struct pollfd *fd)
{
	switch (p->state) {
	case PROBE_LOOKING_UP:
		*fd = (struct pollfd){.fd = p->look_up.fd, .events = POLLIN};
		return p->until;
	case PROBE_CONNECTING:
		*fd = (struct pollfd){.fd = p->dial.fd, .events = POLLOUT};
		return p->dial.until;
	case PROBE_TALKING:
		*fd =
		    (struct pollfd){.fd = p->process.channel, .events = POLLIN};
		return p->until;
	default:
		*fd = (struct pollfd){.fd = -1};
		return DEADLINE_NEVER;
	}
}

void
probe_continue(struct probe *p)
{
	switch (p->state) {
	case PROBE_LOOKING_UP:
		if (deadline_now() >= p->until) {
			char why[RESOLVE_WHY_MAX];

			snprintf(why, sizeof(why),
			    "the look-up took over %.1f s",
			    (double)(deadline_now() - p->began) / 1e9);
			resolve_failed(p, REASON_TIMEOUT, why);
		} else
			looked_up(p, resolve_continue(&p->look_up));
		break;
	case PROBE_CONNECTING:
		probe_connected(p, dial_continue(&p->dial));
		break;
	case PROBE_TALKING:
		probe_listen(p);
		break;
	case PROBE_ENDED:
		break;
	}
}

void
probe_stop(struct probe *p)
{
	if (p->state == PROBE_TALKING)
		conversation_process_stop(&p->process);
	else
		probe_finish(p);
}

void
probe_end(struct probe *p)
{
	probe_finish(p);
}
