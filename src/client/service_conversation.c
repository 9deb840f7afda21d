/*
 * Conversations with services other than pingtlsd, and with a proxy.
 */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "client/conversation_internal.h"
#include "services/exchange.h"

/* Mail servers may delay the greeting on purpose, against spam. */
#define GREETING_STEPS 3

/* Copies the results of the exchange, which began at `since`. */
static void
note_exchange(struct conversation *c, const struct exchange *e, int64_t since)
{
	static const enum outcome_answer answers[] = {
	    [EXCHANGE_UNKNOWN] = OUTCOME_UNKNOWN,
	    [EXCHANGE_OFFERED] = OUTCOME_YES,
	    [EXCHANGE_NOT_OFFERED] = OUTCOME_NO,
	};
	struct outcome *o = c->outcome;

	o->starttls.offered = answers[e->offered];
	snprintf(o->starttls.reply, sizeof(o->starttls.reply), "%s", e->reply);
	if (e->greeted != 0 &&
	    o->phase_ns[OUTCOME_GREETING] == OUTCOME_NOT_REACHED)
		o->phase_ns[OUTCOME_GREETING] = e->greeted - since;
	if (e->ready != 0 &&
	    o->phase_ns[OUTCOME_STARTTLS] == OUTCOME_NOT_REACHED)
		o->phase_ns[OUTCOME_STARTTLS] =
		    e->ready - (e->greeted != 0 ? e->greeted : since);
}

/* Fails the conversation, unless the run has ended.  A quotation from before
 * TLS is called that: anyone may have put it there. */
static int
exchange_failed(struct conversation *c, const struct exchange *e)
{
	bool quotes = e->said[0] != '\0' && strchr(e->message, '"') != NULL;

	if (e->reason == REASON_INTERRUPTED) {
		control_take(c->setup->control);
		return CONVERSATION_STOPPED;
	}
	return conversation_fail(c, e->reason, "%s%s%s",
	    e->message[0] == '\0' ? reason_words(e->reason) : e->message,
	    quotes && stream_tls(c->stream) == NULL
		? " (in the clear, from anyone)"
		: "",
	    e->reason == REASON_TIMEOUT && control_is_over(c->setup->control)
		? " (the deadline was over)"
		: "");
}

/* Prepares the exchange. */
static void
set_up_exchange(struct conversation *c)
{
	struct exchange *e = &c->exchange;

	e->service = c->setup->target->service;
	e->stream = c->stream;
	e->address = c->setup->own_address;
	e->domain = c->name->name;
	e->greeting_ms = GREETING_STEPS * c->options->timeout_ms;
	e->step_ms = c->options->timeout_ms;
	e->end = c->end;
}

int
conversation_open_tunnel(struct conversation *c)
{
	const struct target *target = c->setup->target;
	char port[ADDRESS_PORT_MAX];
	int64_t began = deadline_now();

	snprintf(port, sizeof(port), "%u", target->port);
	set_up_exchange(c);
	if (exchange_connect(&c->exchange, target->host.host, port) == -1)
		return exchange_failed(c, &c->exchange);
	c->outcome->phase_ns[OUTCOME_PROXY] = deadline_now() - began;
	return 0;
}

/* Notes a missing close_notify, which is no failure after the farewell, unless
 * it was not waited for. */
static void
note_ending(struct conversation *c, enum exchange_ending ending)
{
	struct control *control = c->setup->control;

	if (ending == EXCHANGE_CLOSE_NOTIFY ||
	    (ending == EXCHANGE_NOT_ENDED &&
		(control_take(control) || control_is_over(control))))
		return;
	snprintf(c->outcome->remark, sizeof(c->outcome->remark),
	    "no close_notify from the server after the farewell%s",
	    ending == EXCHANGE_NOT_ENDED ? ", nor did it close the connection"
					 : "");
}

int
conversation_speak_service(struct conversation *c)
{
	struct exchange *exchange = &c->exchange;
	int64_t since = deadline_now();
	int e;

	set_up_exchange(c);
	e = exchange_upgrade(exchange);
	note_exchange(c, exchange, since);
	if (e == -1) {
		c->tls_at_once = exchange->tls_at_once;
		return exchange_failed(c, exchange);
	}
	e = conversation_shake_hands(c);
	if (e != 0 && e != CONVERSATION_FAILED)
		return e;
	if (c->outcome->phase_ns[OUTCOME_TLS] == OUTCOME_NOT_REACHED)
		return e;
	/* Says farewell also if the certificate was rejected.  Farewells hold
	 * nothing confidential, so any peer may see them. */
	since = deadline_now();
	if (exchange_farewell(exchange) == -1) {
		int left = exchange_failed(c, exchange);

		return e == 0 ? left : e;
	}
	if (exchange->service->implicit)
		note_exchange(c, exchange, since);
	c->lingered = true;
	note_ending(c, exchange->ending);
	return e;
}
