/*
 * The upgradable stream: a connected socket, plain at first, TLS once upgraded.
 */
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Replies gathered before they are sent: some 800 PONGs in one TLS record. */
#define OUTPUT_SIZE 4096
/* Input decrypted at once; a TLS record holds at most 16 KiB (RFC 8446, 5.1),
 * GnuTLS keeps the rest. */
#define INPUT_SIZE 4096

/* Octets that TLS has delivered and no line has taken yet. */
struct tls_input {
	size_t start, end;
	char data[INPUT_SIZE];
};

struct stream {
	int fd;
	int cancel_fd;
	deadline when;
	int (*fitting_alert)(gnutls_session_t, int); /* NULL: GnuTLS's own */

	/* A line in the clear that has begun: nothing behind its LF, ever. */
	char line[STREAM_LINE_MAX];
	size_t line_length;

	char output[OUTPUT_SIZE];
	size_t output_length;

	gnutls_session_t tls;    /* NULL: in the clear */
	struct tls_input *input; /* NULL: in the clear */
	bool record_seen;        /* the peer's first octet was that of TLS */
	bool upgrade_failed;
	int tls_error;
	int pull_errno;

	char cleartext[41];
	char message[160];
	size_t octets_in, octets_out;
};

struct stream *
stream_new(int fd)
{
	struct stream *s;
	int flags, one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1 &&
	    (errno == ENOTSOCK || errno == EBADF))
		return NULL;
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || ((flags & O_NONBLOCK) == 0 &&
			       fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1))
		return NULL;
	s = malloc(sizeof(*s));
	if (s == NULL)
		return NULL;
	/* The buffers are left as they are: their pages cost only when used. */
	s->fd = fd;
	s->cancel_fd = -1;
	s->when = DEADLINE_NEVER;
	s->fitting_alert = NULL;
	s->line_length = 0;
	s->output_length = 0;
	s->tls = NULL;
	s->input = NULL;
	s->record_seen = false;
	s->upgrade_failed = false;
	s->tls_error = 0;
	s->pull_errno = 0;
	s->cleartext[0] = '\0';
	s->octets_in = 0;
	s->octets_out = 0;
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->tls != NULL)
		gnutls_deinit(s->tls);
	free(s->input);
	close(s->fd);
	free(s);
}

void
stream_set_deadline(struct stream *s, deadline when)
{
	s->when = when;
}

void
stream_set_cancel(struct stream *s, int fd)
{
	s->cancel_fd = fd;
}

void
stream_set_alert(
    struct stream *s, int (*fitting)(gnutls_session_t session, int error))
{
	s->fitting_alert = fitting;
}

gnutls_session_t
stream_tls(const struct stream *s)
{
	return s->tls;
}

int
stream_tls_error(const struct stream *s)
{
	return s->tls_error;
}

const char *
stream_cleartext(const struct stream *s)
{
	return s->cleartext;
}

size_t
stream_octets_in(const struct stream *s)
{
	return s->octets_in;
}

size_t
stream_octets_out(const struct stream *s)
{
	return s->octets_out;
}

/* An enum stream_error for what errno says. */
static int
system_error(void)
{
	switch (errno) {
	case ETIMEDOUT:
		return STREAM_TIMEOUT;
	case ECANCELED:
		return STREAM_CANCELLED;
	default:
		return STREAM_SYSTEM;
	}
}

static int
wait_for(struct stream *s, short events)
{
	return deadline_wait(s->fd, events, s->when, s->cancel_fd) == 1
	           ? 0
	           : system_error();
}

/* Waits for what GnuTLS was about to do when it said GNUTLS_E_AGAIN. */
static int
wait_for_tls(struct stream *s)
{
	return wait_for(
	    s, gnutls_record_get_direction(s->tls) ? POLLOUT : POLLIN);
}

/* An enum stream_error for a GnuTLS error. */
static int
tls_failure(struct stream *s, int error)
{
	s->tls_error = error;
	switch (error) {
	case GNUTLS_E_PREMATURE_TERMINATION:
		return STREAM_TRUNCATED;
	case GNUTLS_E_PULL_ERROR:
		errno = s->pull_errno;
		return STREAM_SYSTEM;
	case GNUTLS_E_PUSH_ERROR:
		if (errno == 0)
			errno = EPIPE;
		return STREAM_SYSTEM;
	default:
		return STREAM_TLS;
	}
}

/* Sends a part of `data`; returns its size or an enum stream_error. */
static ssize_t
send_some(struct stream *s, const char *data, size_t size)
{
	for (;;) {
		ssize_t n;
		int e;

		if (s->tls == NULL) {
			n = send(s->fd, data, size, MSG_NOSIGNAL);
			if (n >= 0)
				return n;
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return STREAM_SYSTEM;
			e = wait_for(s, POLLOUT);
		} else {
			n = gnutls_record_send(s->tls, data, size);
			if (n >= 0)
				return n;
			if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
				return tls_failure(s, (int)n);
			e = wait_for_tls(s);
		}
		if (e != 0)
			return e;
	}
}

int
stream_flush(struct stream *s)
{
	size_t sent = 0;
	ssize_t n = 0;

	while (sent < s->output_length) {
		n = send_some(s, s->output + sent, s->output_length - sent);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	s->output_length -= sent;
	memmove(s->output, s->output + sent, s->output_length);
	return n < 0 ? (int)n : 0;
}

int
stream_write(struct stream *s, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		size_t room = sizeof(s->output) - s->output_length;
		size_t n = size < room ? size : room;
		int e;

		memcpy(s->output + s->output_length, from, n);
		s->output_length += n;
		s->octets_out += n;
		from += n;
		size -= n;
		if (s->output_length == sizeof(s->output) &&
		    (e = stream_flush(s)) != 0)
			return e;
	}
	return 0;
}

/* Hands the `taken` octets at `from`, which end with LF, out as a line. */
static ssize_t
deliver(struct stream *s, const char *from, size_t taken, char *line)
{
	size_t length = taken - 1;

	while (length > 0 && strchr(" \t\n\v\f\r", from[length - 1]) != NULL &&
	       from[length - 1] != '\0')
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
		if ((e = wait_for(s, POLLIN)) != 0)
			return e;
	}
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
		/* The answers to a record leave before the next one is taken:
		 * should that be no close_notify but a bare end of file, GnuTLS
		 * sends nothing more. */
		if (gnutls_record_check_pending(s->tls) == 0 &&
		    (e = stream_flush(s)) != 0)
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
			if ((e = wait_for_tls(s)) != 0)
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
			return tls_failure(s, (int)n);
		default:
			e = tls_failure(s, (int)n);
			if (e == STREAM_TLS)
				gnutls_alert_send_appropriate(s->tls, (int)n);
			return e;
		}
	}
}

ssize_t
stream_read_line(struct stream *s, char *line, size_t size)
{
	assert(size > 0 && size <= STREAM_LINE_MAX);
	return s->tls == NULL ? read_clear_line(s, line, size)
	                      : read_tls_line(s, line, size);
}

/* Keeps what is not TLS for stream_cleartext(). */
static void
note_cleartext(struct stream *s, const unsigned char *octets, size_t size)
{
	size_t i;

	for (i = 0; i < size && i < sizeof(s->cleartext) - 1; i++)
		s->cleartext[i] =
		    octets[i] >= 32 && octets[i] <= 126 ? (char)octets[i] : '.';
	s->cleartext[i] = '\0';
}

/*
 * GnuTLS's reads.  Before it may take the peer's first octet, that must be one
 * which begins a handshake or an alert record (RFC 8446, 5.1): else what came
 * is clear text, and named as such instead of as a broken record.
 */
static ssize_t
pull(gnutls_transport_ptr_t transport, void *buffer, size_t size)
{
	struct stream *s = transport;
	unsigned char first[sizeof(s->cleartext) - 1];
	ssize_t n;

	if (!s->record_seen) {
		n = recv(s->fd, first, sizeof(first), MSG_PEEK);
		if (n > 0 && first[0] != 22 && first[0] != 21) {
			note_cleartext(s, first, (size_t)n);
			errno = EPROTO;
			n = -1;
		}
		if (n <= 0)
			goto out;
		s->record_seen = true;
	}
	n = recv(s->fd, buffer, size, 0);
out:
	s->pull_errno = errno;
	if (n < 0)
		gnutls_transport_set_errno(s->tls, errno);
	return n;
}

static int
pull_timeout(gnutls_transport_ptr_t transport, unsigned int ms)
{
	struct stream *s = transport;

	return gnutls_system_recv_timeout(
	    (gnutls_transport_ptr_t)(intptr_t)s->fd, ms);
}

/* Tells the peer that the handshake failed with this GnuTLS error. */
static void
send_alert(struct stream *s, int error)
{
	int alert =
	    s->fitting_alert == NULL ? -1 : s->fitting_alert(s->tls, error);

	if (alert == -1)
		gnutls_alert_send_appropriate(s->tls, error);
	else
		gnutls_alert_send(
		    s->tls, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert);
}

static int
handshake(struct stream *s)
{
	for (;;) {
		int e = 0, ret = gnutls_handshake(s->tls);

		if (ret == GNUTLS_E_SUCCESS)
			return 0;
		if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
			e = wait_for_tls(s);
		else if (!gnutls_error_is_fatal(ret))
			e = deadline_now() > s->when ? STREAM_TIMEOUT : 0;
		else if (s->cleartext[0] != '\0') {
			gnutls_alert_send(s->tls, GNUTLS_AL_FATAL,
			    GNUTLS_A_UNEXPECTED_MESSAGE);
			e = STREAM_CLEARTEXT;
		} else {
			e = tls_failure(s, ret);
			if (e == STREAM_TLS)
				send_alert(s, ret);
		}
		if (e != 0)
			return e;
	}
}

int
stream_upgrade(struct stream *s, gnutls_session_t session)
{
	int e;

	assert(s->tls == NULL && !s->upgrade_failed);
	e = stream_flush(s);
	if (e == 0 && s->line_length != 0) {
		/* Nothing in the clear may cross.  read_clear_line keeps no
		 * octet behind a line, so this is a line the peer began and
		 * the caller gave up. */
		note_cleartext(s, (unsigned char *)s->line, s->line_length);
		e = STREAM_CLEARTEXT;
	}
	if (e == 0 && (s->input = malloc(sizeof(*s->input))) == NULL) {
		errno = ENOMEM;
		e = STREAM_SYSTEM;
	}
	if (e != 0) {
		gnutls_deinit(session);
		s->upgrade_failed = true;
		return e;
	}
	s->input->start = s->input->end = 0;
	s->tls = session;
	/* What gnutls_transport_set_int() sets, with reads of our own: GnuTLS's
	 * handshake timeout does not count the waits, which a peer that drips
	 * makes the most of, so the socket does not block and we wait. */
	gnutls_transport_set_ptr2(
	    s->tls, s, (gnutls_transport_ptr_t)(intptr_t)s->fd);
	gnutls_transport_set_pull_function(s->tls, pull);
	gnutls_transport_set_pull_timeout_function(s->tls, pull_timeout);
	e = handshake(s);
	s->upgrade_failed = e != 0;
	return e;
}

const char *
stream_strerror(struct stream *s, int error)
{
	switch ((enum stream_error)error) {
	case STREAM_EOF:
		return "closed by the peer";
	case STREAM_TRUNCATED:
		return s->tls_error == GNUTLS_E_PREMATURE_TERMINATION
		           ? "closed by the peer without close_notify"
		           : "closed by the peer within a line";
	case STREAM_TOO_LONG:
		return "line too long";
	case STREAM_TIMEOUT:
		return "timed out";
	case STREAM_CANCELLED:
		return "interrupted";
	case STREAM_SYSTEM:
		return strerror(errno);
	case STREAM_CLEARTEXT:
		snprintf(s->message, sizeof(s->message),
		    "clear text instead of TLS: \"%s\"", s->cleartext);
		return s->message;
	case STREAM_TLS:
		break;
	}
	if (s->tls_error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		const char *alert =
		    gnutls_alert_get_name(gnutls_alert_get(s->tls));

		snprintf(s->message, sizeof(s->message),
		    "TLS alert from the peer: %s",
		    alert == NULL ? "unknown" : alert);
		return s->message;
	}
	return gnutls_strerror(s->tls_error);
}

/* Reads and drops what the peer still sends, until it closes. */
static void
discard(struct stream *s)
{
	char dropped[1024];
	ssize_t n;

	do
		n = recv(s->fd, dropped, sizeof(dropped), 0);
	while ((n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR))) &&
	       wait_for(s, POLLIN) == 0);
}

int
stream_close(struct stream *s, int64_t linger_ms)
{
	deadline linger = linger_ms == 0 ? 0 : deadline_in(linger_ms);
	int e = 0, ret;

	s->when = deadline_earlier(s->when, linger);
	if (!s->upgrade_failed) {
		e = stream_flush(s);
		while (e == 0 && s->tls != NULL) {
			ret = gnutls_bye(s->tls, GNUTLS_SHUT_WR);
			if (ret == GNUTLS_E_SUCCESS)
				break;
			e = ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED
			        ? wait_for_tls(s)
			        : tls_failure(s, ret);
		}
	}
	shutdown(s->fd, SHUT_WR);
	discard(s);
	return e;
}
