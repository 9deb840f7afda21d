/*
 * Lines read from a stream: octet for octet in the clear, from records over
 * TLS.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "stream/stream_internal.h"

/* isspace(3) in the C locale. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Hands the `taken` octets at `from`, which end with LF, out as a line. */
static ssize_t
deliver(struct stream *s, const char *from, size_t taken, char *line)
{
	size_t length = taken - 1;

	while (length > 0 && is_space(from[length - 1]))
		length--;
	memcpy(line, from, length);
	line[length] = '\0';
	s->octets_in += taken;
	return (ssize_t)length;
}

/* Looks at what the kernel holds, then takes it up to and including the LF. */
static ssize_t
read_clear_line(struct stream *s, char *line, size_t size)
{
	for (;;) {
		char *at = s->line + s->line_length;
		size_t room = size - s->line_length;
		const char *lf;
		ssize_t n;
		int e;

		if (room == 0)
			return STREAM_TOO_LONG;
		n = recv(s->fd, at, room, MSG_PEEK);
		if (n > 0) {
			lf = memchr(at, '\n', (size_t)n);
			if (lf != NULL)
				n = lf + 1 - at;
			n = recv(s->fd, at, (size_t)n, 0);
		}
		if (n == 0)
			return s->line_length == 0 ? STREAM_EOF
			                           : STREAM_TRUNCATED;
		if (n > 0) {
			s->line_length += (size_t)n;
			if (s->line[s->line_length - 1] != '\n')
				continue;
			size = s->line_length;
			s->line_length = 0;
			return deliver(s, s->line, size, line);
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return STREAM_SYSTEM;
		if ((e = stream_flush(s)) != 0)
			return e;
		if ((e = stream_wait(s, POLLIN)) != 0)
			return e;
	}
}

/*
 * Whether the kernel holds a whole record, whose answers can leave together
 * with those there are.  Only short ones count: to look at a long one costs
 * more than to send twice.
 */
static bool
record_waits(const struct stream *s)
{
	/* RFC 8446, 5.1: type, version and length, 5 octets, come first. */
	unsigned char record[128];
	ssize_t n = recv(s->fd, record, sizeof(record), MSG_PEEK);

	return n >= 5 && n >= 5 + (record[3] << 8 | record[4]);
}

/* Sends the answers there are, unless more can follow without a wait. */
static int
answer(struct stream *s)
{
	if (s->output_length == 0 || gnutls_record_check_pending(s->tls) > 0 ||
	    record_waits(s))
		return 0;
	return stream_flush(s);
}

static ssize_t
read_tls_line(struct stream *s, char *line, size_t size)
{
	struct tls_input *in = s->input;

	for (;;) {
		size_t held = in->end - in->start;
		const char *at = in->data + in->start, *lf;
		ssize_t n;
		int e;

		lf = memchr(at, '\n', held < size ? held : size);
		if (lf != NULL) {
			size_t taken = (size_t)(lf + 1 - at);

			in->start += taken;
			return deliver(s, at, taken, line);
		}
		if (held >= size)
			return STREAM_TOO_LONG;

		memmove(in->data, at, held);
		in->start = 0;
		in->end = held;
		/* Before GnuTLS sees a bare end of file, with no close_notify,
		 * after which it sends nothing more. */
		if ((e = answer(s)) != 0)
			return e;
		n = gnutls_record_recv(
		    s->tls, in->data + held, sizeof(in->data) - held);
		if (n > 0) {
			in->end += (size_t)n;
			continue;
		}
		switch (n) {
		case 0:
			s->tls_error = 0;
			return held == 0 ? STREAM_EOF : STREAM_TRUNCATED;
		case GNUTLS_E_AGAIN:
		case GNUTLS_E_INTERRUPTED:
			/* What came was a record, but nothing to read. */
			if (s->output_length > 0)
				e = stream_flush(s);
			else
				e = stream_wait_tls(s);
			if (e != 0)
				return e;
			break;
		case GNUTLS_E_WARNING_ALERT_RECEIVED:
			/* Not waiting, so nothing else looks at the clock. */
			if (deadline_now() > s->when)
				return STREAM_TIMEOUT;
			break;
		case GNUTLS_E_REHANDSHAKE:
			/* TLS 1.2 only (RFC 5746, 4.5): refuse and end. */
			gnutls_alert_send(s->tls, GNUTLS_AL_WARNING,
			    GNUTLS_A_NO_RENEGOTIATION);
			return stream_tls_failure(s, (int)n);
		default:
			e = stream_tls_failure(s, (int)n);
			if (e == STREAM_TLS)
				gnutls_alert_send_appropriate(s->tls, (int)n);
			return e;
		}
	}
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
	assert(size > 0 && size <= STREAM_LINE_MAX);
	return s->tls == NULL ? read_clear_line(s, line, size)
	                      : read_tls_line(s, line, size);
}
