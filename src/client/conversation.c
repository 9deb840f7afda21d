#include "client/conversation.h"

#include <stdarg.h>
#include <string.h>

#include "base/printable.h"
#include "client/conversation_internal.h"

int
conversation_fail(
    struct conversation *c, enum reason reason, const char *format, ...)
{
	struct outcome *o = c->outcome;
	va_list arguments;

	if (o->reason != REASON_NONE)
		return CONVERSATION_FAILED;
	o->reason = reason;
	va_start(arguments, format);
	printable_vformat(o->message, sizeof(o->message), format, arguments);
	va_end(arguments);
	return CONVERSATION_FAILED;
}

static enum reason
reason_of(int error)
{
	switch (error) {
	case STREAM_TIMEOUT:
		return REASON_TIMEOUT;
	case STREAM_TOO_LONG:
	case STREAM_EARLY_TLS:
		return REASON_PROTOCOL;
	case STREAM_CLEARTEXT:
		return REASON_CLEAR_TEXT_AFTER_STARTTLS;
	case STREAM_TLS:
		return REASON_HANDSHAKE;
	default:
		return REASON_CLOSED;
	}
}

int
conversation_broken(struct conversation *c, const char *what, int error)
{
	c->tls_at_once = error == STREAM_EARLY_TLS;
	if (c->tls_at_once)
		return conversation_fail(c, REASON_PROTOCOL,
		    "%s: the server speaks TLS from the start, not in the "
		    "clear",
		    what);
	return conversation_fail(c, reason_of(error), "%s%s: %s", what,
	    c->stage == OUTCOME_OVER_TLS ? " over TLS" : "",
	    error == STREAM_EOF ? "the server closed the connection"
				: stream_strerror(c->stream, error));
}

int
conversation_heard(int said)
{
	return said == 0 ? 0 : CONVERSATION_STOPPED;
}

deadline
conversation_step(const struct conversation *c, int64_t ms)
{
	return deadline_earlier(deadline_in(ms), c->end);
}

int
conversation_send_line(struct conversation *c, const char *line)
{
	int e;

	stream_set_deadline(
	    c->stream, conversation_step(c, c->options->timeout_ms));
	e = stream_write(c->stream, line, strlen(line));
	while (e == 0 || e == STREAM_CANCELLED) {
		e = stream_flush(c->stream);
		if (e != STREAM_CANCELLED)
			break;
		if (control_take(c->setup->control))
			return CONVERSATION_STOPPED;
	}
	return e;
}

int
conversation_hold(const struct conversation_setup *setup, struct stream *stream,
    struct outcome *o)
{
	struct conversation c = {
	    .setup = setup,
	    .options = setup->options,
	    .name = setup->options->has_verify_name
	                ? &setup->options->verify_name
	                : &setup->target->host,
	    .outcome = o,
	    .stream = stream,
	    .end = setup->end,
	};
	int64_t linger_ms;
	int e = 0;

	stream_set_cancel(stream, setup->control->signals);
	if (c.options->has_proxy)
		e = conversation_open_tunnel(&c);
	if (e == 0)
		e = conversation_heard(
		    REPORTER_TELL(setup->reporter, connected, o));
	if (e == 0)
		e = setup->target->service == NULL
		        ? conversation_speak_pingtls(&c)
		        : conversation_speak_service(&c);
	if (e == CONVERSATION_FAILED)
		conversation_advise(&c);
	/* Closes in order, so that a last alert is not lost by a reset. */
	stream_set_cancel(stream, -1);
	linger_ms = c.lingered ? 0 : CONVERSATION_LINGER_MS;
	stream_set_deadline(
	    stream, deadline_earlier(deadline_in(linger_ms), c.end));
	(void)stream_close(stream, linger_ms);
	o->ok = e == 0;
	return e == CONVERSATION_FAILED ? -1 : 0;
}
