#include "client/conversation.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"
#include "client/conversation_internal.h"
#include "client/dial.h"
#include "client/resolve.h"
#include "services/exchange.h"

/* How long to wait for the server to close, too. */
#define LINGER_MS 1000
/* The limit of a conversation with a service; servers give up long before. */
#define SERVICE_MS 60000

int
conversation_fail(
    struct conversation *c, enum reason reason, const char *format, ...)
{
	struct outcome *o = c->outcome;
	va_list arguments;
	int n;

	if (o->reason != REASON_NONE)
		return CONVERSATION_FAILED;
	o->reason = reason;
	va_start(arguments, format);
	n = vsnprintf(o->message, sizeof(o->message), format, arguments);
	va_end(arguments);
	printable_mark_cut(o->message, sizeof(o->message), (size_t)n);
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

/* True if a TLS record came instead of a line in the clear. */
static bool
speaks_tls(const struct conversation *c, int error)
{
	const char *octets;
	size_t size = stream_unfinished(c->stream, &octets);

	return error == STREAM_EARLY_TLS ||
	       (stream_tls(c->stream) == NULL && size >= 2 &&
		   (octets[0] == 21 || octets[0] == 22) && octets[1] == 3);
}

int
conversation_broken(struct conversation *c, const char *what, int error)
{
	int broken = errno;

	c->tls_at_once = speaks_tls(c, error);
	if (c->tls_at_once)
		return conversation_fail(c, REASON_PROTOCOL,
		    "%s: the server speaks TLS from the start, not in the "
		    "clear",
		    what);
	errno = broken;
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
conversation_handle_signal(struct conversation *c)
{
	struct control *control = c->setup->control;

	if (control_take(control))
		return CONVERSATION_STOPPED;
	if (!control->asked)
		return 0;
	control->asked = false;
	return conversation_heard(
	    REPORTER_TELL(c->setup->reporter, asked, c->outcome));
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
		e = conversation_handle_signal(c);
		if (e != 0)
			return e;
	}
	return e;
}

/* The end of the run is not a failure of the server. */
static int
cut_short(struct conversation *c, int error, enum reason reason,
    const char *what, const char *cause)
{
	if (error == ECANCELED && control_take(c->setup->control))
		return CONVERSATION_STOPPED;
	if (error == ETIMEDOUT)
		reason = REASON_TIMEOUT;
	return conversation_fail(c, reason, "%s: %s%s", what, cause,
	    control_is_over(c->setup->control) ? " (-w was over)" : "");
}

static int
resolve(struct conversation *c, const char *host, uint16_t port,
    struct resolution *found)
{
	char why[OUTCOME_MESSAGE_MAX / 2], what[OUTCOME_NAME_MAX + 32];
	int64_t began = deadline_now();

	if (resolve_host(host, port, c->options->family,
		conversation_step(c, c->options->timeout_ms),
		c->setup->control->signals, found, why, sizeof(why)) == -1) {
		snprintf(what, sizeof(what), "cannot resolve%s%s",
		    c->options->has_proxy ? " the proxy " : "",
		    c->options->has_proxy ? host : "");
		return cut_short(c, errno, REASON_RESOLVE, what, why);
	}
	c->outcome->phase_ns[OUTCOME_RESOLVE] = deadline_now() - began;
	return 0;
}

/* Connects, and creates the stream. */
static int
dial(struct conversation *c)
{
	const struct ping_options *options = c->options;
	const struct target *target = c->setup->target;
	bool direct = !options->has_proxy;
	struct outcome *o = c->outcome;
	const struct resolved_address *found;
	struct resolution addresses;
	char why[OUTCOME_MESSAGE_MAX / 2];
	int64_t began;
	int fd, e = resolve(c,
		    direct ? target->host.host : options->proxy.host.host,
		    direct ? target->port : options->proxy.port, &addresses);

	if (e != 0)
		return e;
	began = deadline_now();
	fd = dial_connect(&addresses, options->timeout_ms, c->end,
	    c->setup->control->signals, &found, why, sizeof(why));
	if (fd == -1)
		return cut_short(
		    c, errno, REASON_CONNECT, "cannot connect", why);
	o->phase_ns[OUTCOME_CONNECT] = deadline_now() - began;
	address_format((const struct sockaddr *)&found->address, found->length,
	    o->address);
	c->stream = stream_new(fd, EXCHANGE_LINE_MAX);
	if (c->stream == NULL) {
		conversation_fail(c, REASON_SYSTEM, "%s", strerror(errno));
		close(fd);
		return CONVERSATION_FAILED;
	}
	stream_set_cancel(c->stream, c->setup->control->signals);
	return direct ? 0 : conversation_open_tunnel(c);
}

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

static void
begin(struct conversation *c)
{
	const struct target *target = c->setup->target;
	struct outcome *o = c->outcome;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	o->at = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	snprintf(o->target, sizeof(o->target), "%s", target->text);
	snprintf(
	    o->service, sizeof(o->service), "%s", target_service_name(target));
	snprintf(o->host, sizeof(o->host), "%s", target->host.host);
	o->port = target->port;
	if (c->options->has_proxy)
		snprintf(
		    o->proxy, sizeof(o->proxy), "%s", c->options->proxy.text);
	if (c->setup->verifier == NULL)
		o->starttls.mode = OUTCOME_PLAIN_MODE;
	else if (target->service != NULL && target->service->implicit)
		o->starttls.mode = OUTCOME_IMPLICIT_MODE;
}

int
conversation_hold(const struct conversation_setup *setup, struct outcome *o)
{
	struct conversation c = {
	    .setup = setup,
	    .options = setup->options,
	    .name = setup->options->has_verify_name
	                ? &setup->options->verify_name
	                : &setup->target->host,
	    .outcome = o,
	    .end = setup->control->end,
	};
	bool ours = setup->target->service == NULL;
	int e;

	if (!ours)
		c.end = conversation_step(&c, SERVICE_MS);
	control_watch_questions(setup->control, false);
	begin(&c);
	e = dial(&c);
	if (e == 0)
		e = conversation_heard(
		    REPORTER_TELL(setup->reporter, connected, o));
	if (e == 0)
		e = ours ? conversation_speak_pingtls(&c)
		         : conversation_speak_service(&c);
	note_total(o);
	if (e == CONVERSATION_FAILED)
		conversation_advise(&c);
	if (c.stream != NULL) {
		/* Closes in order, so that a last alert is not lost by a reset.
		 */
		stream_set_deadline(
		    c.stream, deadline_earlier(deadline_in(LINGER_MS), c.end));
		(void)stream_close(c.stream, LINGER_MS);
		stream_free(c.stream);
	}
	o->ok = e == 0;
	return e == CONVERSATION_FAILED ? -1 : 0;
}
