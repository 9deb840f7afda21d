#include "services/exchange_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"

/* Time for the server to close after the farewell. */
#define LINGER_MS 1000

/* The content types that can begin a TLS connection, and the major version that
 * follows them (RFC 8446, 5.1). */
enum { ALERT = 21, HANDSHAKE = 22, TLS_MAJOR = 3 };

int
exchange_fail(struct exchange *e, enum reason reason, const char *format, ...)
{
	va_list arguments;

	if (e->reason != REASON_NONE)
		return -1;
	e->reason = reason;
	va_start(arguments, format);
	printable_vformat(e->message, sizeof(e->message), format, arguments);
	va_end(arguments);
	return -1;
}

int
exchange_refused(struct exchange *e)
{
	return e->command == NULL
	           ? exchange_fail(e, REASON_SERVICE_REFUSED,
			 "the server refused service: \"%s\"", e->said)
	           : exchange_fail(e, REASON_SERVICE_REFUSED,
			 "the server refused %s: \"%s\"", e->command, e->said);
}

int
exchange_not_upgraded(struct exchange *e)
{
	if (e->offered == EXCHANGE_OFFERED)
		return exchange_fail(e, REASON_STARTTLS_REFUSED,
		    "the server offers %s, but refused it: \"%s\"", e->command,
		    e->said);
	return exchange_fail(e, REASON_STARTTLS_NOT_SUPPORTED,
	    "the server does not %s %s, and refused it: \"%s\"",
	    e->offered == EXCHANGE_NOT_OFFERED ? "offer" : "support",
	    e->command, e->said);
}

/* What the server is to send, as two parts of a sentence: "greeting" or "reply
 * to ", and the command. */
static const char *
awaited(const struct exchange *e)
{
	if (e->command != NULL)
		return "reply to ";
	return stream_tls(e->stream) == NULL ? "greeting" : "greeting over TLS";
}

static const char *
to_what(const struct exchange *e)
{
	return e->command == NULL ? "" : e->command;
}

int
exchange_not_understood(struct exchange *e, const char *what)
{
	return exchange_fail(e, REASON_PROTOCOL, "the %s's %s%s %s: \"%s\"",
	    e->peer, awaited(e), to_what(e), what, e->said);
}

/* True if a reply in the clear begins like a TLS record. */
static bool
is_tls_record(const struct exchange *e, const char *octets, size_t size)
{
	return stream_tls(e->stream) == NULL && size >= 1 &&
	       (octets[0] == ALERT || octets[0] == HANDSHAKE) &&
	       (size == 1 || octets[1] == TLS_MAJOR);
}

static int
speaks_tls(struct exchange *e)
{
	e->tls_at_once = true;
	return exchange_fail(e, REASON_PROTOCOL,
	    "the %s speaks TLS from the start, not %s in the clear", e->peer,
	    e->speaks);
}

/* Records that the reply is missing, or incomplete if it has begun. */
static int
no_reply(struct exchange *e, int error, bool begun)
{
	const char *part = begun ? "the whole of " : "";
	double seconds = (double)(deadline_now() - e->asked) / 1e9;

	switch (error) {
	case STREAM_TIMEOUT:
		return exchange_fail(e, REASON_TIMEOUT,
		    "the %s did not send %sits %s%s within %.3f s", e->peer,
		    part, awaited(e), to_what(e), seconds);
	case STREAM_SYSTEM:
		return exchange_fail(e, REASON_CLOSED,
		    "the connection broke before %sthe %s's %s%s: %s", part,
		    e->peer, awaited(e), to_what(e), strerror(errno));
	default:
		return exchange_fail(e, REASON_CLOSED,
		    "the %s closed the connection%s before %sits %s%s", e->peer,
		    stream_tls_error(e->stream) ==
			    GNUTLS_E_PREMATURE_TERMINATION
			? ", without close_notify,"
			: "",
		    part, awaited(e), to_what(e));
	}
}

bool
exchange_reply_begun(const struct exchange *e)
{
	const char *octets;

	return stream_unfinished(e->stream, &octets) > 0 ||
	       stream_octets_in(e->stream) > e->heard;
}

int
exchange_broken(struct exchange *e, int error)
{
	const char *octets;
	size_t begun = stream_unfinished(e->stream, &octets);

	if (is_tls_record(e, octets, begun))
		return speaks_tls(e);
	switch (error) {
	case STREAM_CANCELLED:
		return exchange_fail(e, REASON_INTERRUPTED, "interrupted");
	case STREAM_TOO_LONG:
		return exchange_fail(e, REASON_PROTOCOL,
		    "the %s's %s%s has more than %d octets without an end",
		    e->peer, awaited(e), to_what(e), EXCHANGE_LINE_MAX);
	case STREAM_TLS:
		return exchange_fail(e, REASON_HANDSHAKE, "TLS failed: %s",
		    stream_strerror(e->stream, error));
	default:
		return no_reply(e, error, exchange_reply_begun(e));
	}
}

/* Starts the time limit for the next reply. */
static void
begin_step(struct exchange *e, const char *command, int64_t ms)
{
	e->command = command;
	e->asked = deadline_now();
	e->heard = stream_octets_in(e->stream);
	stream_set_deadline(
	    e->stream, deadline_earlier(deadline_after(e->asked, ms), e->end));
}

int
exchange_send(
    struct exchange *e, const char *command, const void *data, size_t size)
{
	int error;

	begin_step(e, command, e->step_ms);
	error = stream_write(e->stream, data, size);
	if (error == 0)
		error = stream_flush(e->stream);
	/* The connection broke, but the server's last reply says why. */
	if (error == STREAM_SYSTEM)
		error = 0;
	return error == 0 ? 0 : exchange_broken(e, error);
}

int
exchange_command(struct exchange *e, const char *command, const char *argument)
{
	char line[EXCHANGE_REPLY_MAX];
	int size = snprintf(line, sizeof(line), "%s%s%s\r\n", command,
	    argument[0] == '\0' ? "" : " ", argument);

	return exchange_send(e, command, line, (size_t)size);
}

void
exchange_note(struct exchange *e, const char *text, size_t size)
{
	printable_copy(e->said, sizeof(e->said), text, size);
}

int
exchange_count(struct exchange *e, size_t size)
{
	if (++e->lines > EXCHANGE_LINES_MAX)
		return exchange_fail(e, REASON_PROTOCOL,
		    "the %s sent more than %d lines before the end of its %s%s",
		    e->peer, EXCHANGE_LINES_MAX, awaited(e), to_what(e));
	if (stream_octets_in(e->stream) - e->octets + size >
	    EXCHANGE_OCTETS_MAX)
		return exchange_fail(e, REASON_PROTOCOL,
		    "the %s sent more than %d octets before the end of its "
		    "%s%s",
		    e->peer, EXCHANGE_OCTETS_MAX, awaited(e), to_what(e));
	return 0;
}

ssize_t
exchange_read_line(struct exchange *e)
{
	ssize_t n = stream_read_line(e->stream, e->line, sizeof(e->line));

	if (n < 0)
		return exchange_broken(e, (int)n);
	exchange_note(e, e->line, (size_t)n);
	if (is_tls_record(e, e->line, (size_t)n))
		return speaks_tls(e);
	if (memchr(e->line, '\0', (size_t)n) != NULL)
		return exchange_not_understood(e, "is not text");
	return exchange_count(e, 0) == 0 ? n : -1;
}

int
exchange_read_exact(struct exchange *e, size_t offset, size_t size)
{
	int error;

	if (exchange_count(e, size) == -1)
		return -1;
	if (offset > sizeof(e->line) || size > sizeof(e->line) - offset)
		return exchange_broken(e, STREAM_TOO_LONG);
	error = stream_read_exact(e->stream, e->line + offset, size);
	if (error != 0)
		return exchange_broken(e, error);
	if (offset == 0 && is_tls_record(e, e->line, size))
		return speaks_tls(e);
	return 0;
}

void
exchange_begin(
    struct exchange *e, const char *peer, const char *speaks, int64_t ms)
{
	e->peer = peer;
	e->speaks = speaks;
	e->lines = 0;
	e->octets = stream_octets_in(e->stream);
	begin_step(e, NULL, ms);
}

int
exchange_upgrade(struct exchange *e)
{
	const struct service *service = e->service;

	if (service->implicit)
		return 0;
	exchange_begin(e, "server", service->name, e->greeting_ms);
	if (service->greeting != NULL) {
		if (service->greeting(e) == -1)
			goto out;
		e->greeted = deadline_now();
	}
	if (service->upgrade(e) == -1)
		goto out;
	e->ready = deadline_now();
out:
	memcpy(e->reply, e->said, sizeof(e->reply));
	return e->reason == REASON_NONE ? 0 : -1;
}

/*
 * True if the server has yet to say whether it accepts the client: in TLS 1.3
 * the client's handshake is over before the server has judged the certificate
 * that it asked for (RFC 8446, 4.4.2.4).
 */
static bool
is_judged_later(const struct exchange *e)
{
	gnutls_session_t session = stream_tls(e->stream);

	return stream_octets_in(e->stream) == e->octets &&
	       gnutls_protocol_get_version(session) >= GNUTLS_TLS1_3 &&
	       gnutls_certificate_client_get_request_status(session) != 0;
}

/*
 * Waits for the server to close.  What it still sends is ignored, except for an
 * alert where it has said nothing over TLS, which is its verdict on the client:
 * that is waited for as any reply is.  Returns 0 or -1.
 */
static int
await_ending(struct exchange *e)
{
	int64_t ms = is_judged_later(e) ? e->step_ms : LINGER_MS;
	ssize_t n = 0;

	stream_set_deadline(
	    e->stream, deadline_earlier(deadline_in(ms), e->end));
	for (int i = 0; i < EXCHANGE_LINES_MAX && n >= 0; i++)
		n = stream_read_line(e->stream, e->line, sizeof(e->line));
	if (n == STREAM_EOF ||
	    (n == STREAM_TRUNCATED && stream_tls_error(e->stream) == 0))
		e->ending = EXCHANGE_CLOSE_NOTIFY;
	else if (n == STREAM_TRUNCATED || n == STREAM_SYSTEM)
		e->ending = EXCHANGE_NO_CLOSE_NOTIFY;
	else if (n == STREAM_TLS && stream_octets_in(e->stream) == e->octets)
		return exchange_broken(e, STREAM_TLS);
	return 0;
}

int
exchange_farewell(struct exchange *e)
{
	const struct service *service = e->service;

	exchange_begin(e, "server", service->name,
	    service->implicit ? e->greeting_ms : e->step_ms);
	if (service->implicit && service->greeting != NULL) {
		if (service->greeting(e) == -1)
			return -1;
		e->greeted = deadline_now();
	}
	if (service->farewell != NULL && service->farewell(e) == -1)
		return -1;
	/* If the connection broke, the next read tells. */
	(void)stream_end(e->stream);
	return await_ending(e);
}
