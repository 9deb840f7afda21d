/*
 * Reading from a stream: by peeking in the clear, through a buffer over TLS.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/direct_calls.h"
#include "stream/stream_internal.h"

/* isspace(3) in the C locale. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The number of octets at `from` up to and including the first `end`, or 0 if
 * there is none among the `size`. */
static size_t
up_to(const char *from, size_t size, char end)
{
	const char *at = memchr(from, end, size);

	return at == NULL ? 0 : (size_t)(at + 1 - from);
}

/* Waits for input in the clear, after sending the buffered output. */
static int
wait_clear(struct stream *s)
{
	int e;

	if (errno == EINTR)
		return 0;
	if (errno != EAGAIN)
		return STREAM_SYSTEM;
	e = stream_flush(s);
	return e == 0 ? stream_wait(s, POLLIN) : e;
}

/* True if the line begins like a TLS handshake or alert record, with its type
 * and the major version (RFC 8446, 5.1), as no line of text does. */
static bool
is_tls(const struct stream *s)
{
	return s->line_length >= 2 && (s->line[0] == 22 || s->line[0] == 21) &&
	       s->line[1] == 3;
}

/*
 * Peeks at the input in the kernel, then reads it up to and including `end`.
 * Returns the number of octets at `from`, or an enum stream_error.
 */
static ssize_t
take_clear(struct stream *s, size_t size, char end, const char **from)
{
	for (;;) {
		char *at = s->line + s->line_length;
		size_t room = size - s->line_length, whole = 0;
		ssize_t n;
		int e;

		if (room == 0)
			return STREAM_TOO_LONG;
		n = direct_recv(s->fd, at, room, MSG_PEEK);
		if (n > 0) {
			whole = up_to(at, (size_t)n, end);
			n = direct_recv(
			    s->fd, at, whole > 0 ? whole : (size_t)n, 0);
		}
		if (n == 0)
			return s->line_length == 0 ? STREAM_EOF
			                           : STREAM_TRUNCATED;
		if (n > 0) {
			s->line_length += (size_t)n;
			if (is_tls(s))
				return STREAM_EARLY_TLS;
			if (at[n - 1] != end)
				continue;
			*from = s->line;
			n = (ssize_t)s->line_length;
			s->line_length = 0;
			return n;
		}
		if ((e = wait_clear(s)) != 0)
			return e;
	}
}

/*
 * True if the kernel holds a complete record, so that its replies can be sent
 * together with those buffered.  Only short ones count: peeking at a long one
 * costs more than a second send.
 */
static bool
record_waits(const struct stream *s)
{
	/* 5 octets come first: type, version and length (RFC 8446, 5.1). */
	unsigned char record[128];
	ssize_t n = direct_recv(s->fd, record, sizeof(record), MSG_PEEK);

	return n >= 5 && n >= 5 + (record[3] << 8 | record[4]);
}

/* Sends the buffered output unless more input is there already. */
static int
send_answers(struct stream *s)
{
	if (s->output_length == 0 || gnutls_record_check_pending(s->tls) > 0 ||
	    record_waits(s))
		return 0;
	return stream_flush(s);
}

/* Handles a return value of gnutls_record_recv() that is no data.  Returns 0 to
 * try again, or an enum stream_error. */
static int
no_octets(struct stream *s, ssize_t said)
{
	int e;

	switch (said) {
	case 0:
		s->tls_error = 0;
		return s->input->end == 0 ? STREAM_EOF : STREAM_TRUNCATED;
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
		/* There is no application data yet. */
		return s->output_length > 0 ? stream_flush(s)
		                            : stream_wait_tls(s);
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		/* Nothing else checks the deadline if alerts keep coming. */
		return deadline_now() > s->when ? STREAM_TIMEOUT : 0;
	case GNUTLS_E_REHANDSHAKE:
		/* TLS 1.2 only: refuse and end (RFC 5746, 4.5). */
		gnutls_alert_send(
		    s->tls, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
		return stream_tls_failure(s, (int)said);
	default:
		e = stream_tls_failure(s, (int)said);
		if (e == STREAM_TLS)
			gnutls_alert_send_appropriate(s->tls, (int)said);
		return e;
	}
}

/* Receives more input over TLS.  Returns 0, even if none came yet, or an enum
 * stream_error. */
static int
receive_input(struct stream *s)
{
	struct tls_input *in = s->input;
	size_t held = in->end - in->start;
	ssize_t n;
	int e;

	memmove(in->data, in->data + in->start, held);
	in->start = 0;
	in->end = held;
	/* First, as GnuTLS sends nothing more once it has read an end of file
	 * without close_notify. */
	if ((e = send_answers(s)) != 0)
		return e;
	n = gnutls_record_recv(s->tls, in->data + held, in->size - held);
	if (n <= 0)
		return no_octets(s, n);
	in->end += (size_t)n;
	return 0;
}

/* The same over TLS. */
static ssize_t
take_tls(struct stream *s, size_t size, char end, const char **from)
{
	struct tls_input *in = s->input;

	for (;;) {
		size_t held = in->end - in->start, whole;
		int e;

		*from = in->data + in->start;
		whole = up_to(*from, held < size ? held : size, end);
		if (whole > 0) {
			in->start += whole;
			return (ssize_t)whole;
		}
		if (held >= size)
			return STREAM_TOO_LONG;
		if ((e = receive_input(s)) != 0)
			return e;
	}
}

static ssize_t
take_through(struct stream *s, size_t size, char end, const char **from)
{
	ssize_t n;

	assert(size > 0 && size <= s->line_max);
	n = s->tls == NULL ? take_clear(s, size, end, from)
	                   : take_tls(s, size, end, from);
	if (n > 0)
		s->octets_in += (size_t)n;
	return n;
}

bool
stream_has_line(const struct stream *s)
{
	const struct tls_input *in = s->input;

	if (s->tls == NULL)
		return false;
	return memchr(in->data + in->start, '\n', in->end - in->start) != NULL;
}

ssize_t
stream_read_line(struct stream *s, char *line, size_t size)
{
	const char *from;
	ssize_t n = take_through(s, size, '\n', &from);

	if (n < 0)
		return n;
	n--;
	while (n > 0 && is_space(from[n - 1]))
		n--;
	memcpy(line, from, (size_t)n);
	line[n] = '\0';
	return n;
}

ssize_t
stream_read_until(struct stream *s, char end, char *data, size_t size)
{
	const char *from;
	ssize_t n = take_through(s, size, end, &from);

	if (n > 0)
		memcpy(data, from, (size_t)n);
	return n;
}

/* Reads at most `size` octets.  Returns how many, 0 if none came yet, or an
 * enum stream_error. */
static ssize_t
read_some(struct stream *s, char *data, size_t size)
{
	struct tls_input *in = s->input;
	ssize_t n;

	if (s->tls == NULL) {
		/* Not one octet more than requested. */
		n = direct_recv(s->fd, data, size, 0);
		if (n == 0)
			return STREAM_EOF;
		return n > 0 ? n : wait_clear(s);
	}
	if (in->end == in->start)
		return receive_input(s);
	if (size > in->end - in->start)
		size = in->end - in->start;
	memcpy(data, in->data + in->start, size);
	in->start += size;
	return (ssize_t)size;
}

int
stream_read_exact(struct stream *s, void *data, size_t size)
{
	char *to = data;
	size_t got = 0;
	ssize_t n;

	assert(s->line_length == 0);
	while (got < size) {
		n = read_some(s, to + got, size - got);
		if (n == STREAM_EOF && got > 0)
			return STREAM_TRUNCATED;
		if (n < 0)
			return (int)n;
		got += (size_t)n;
		s->octets_in += (size_t)n;
	}
	return 0;
}

size_t
stream_unfinished(const struct stream *s, const char **octets)
{
	const struct tls_input *in = s->input;

	if (s->tls != NULL) {
		*octets = in->data + in->start;
		return in->end - in->start;
	}
	*octets = s->line;
	return s->line_length;
}
