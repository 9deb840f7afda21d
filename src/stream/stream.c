#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/direct_calls.h"
#include "stream/stream_internal.h"

struct stream *
stream_new(int fd, size_t line_max)
{
	int flags, one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1) {
		if (errno == ENOTSOCK || errno == EBADF)
			return NULL;
		descriptors_read_out_of_band(fd);
	}
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || ((flags & O_NONBLOCK) == 0 &&
			       fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1))
		return NULL;
	return stream_new_accepted(fd, line_max);
}

struct stream *
stream_new_accepted(int fd, size_t line_max)
{
	struct stream *s = malloc(sizeof(*s) + line_max);

	if (s == NULL)
		return NULL;
	/* The buffers are not initialised, so that unused pages cost nothing.
	 */
	s->fd = fd;
	s->cancel_fd = -1;
	s->when = DEADLINE_NEVER;
	s->fitting_alert = NULL;
	s->line_length = 0;
	s->line_max = line_max;
	s->output_length = 0;
	s->tls = NULL;
	s->input = NULL;
	s->record_seen = false;
	s->broken = false;
	s->ended = false;
	s->tls_error = 0;
	s->pull_errno = 0;
	s->send_reset = false;
	memset(s->pulled, 0, sizeof(s->pulled));
	s->clear_alert = -1;
	s->cleartext[0] = '\0';
	s->octets_in = 0;
	s->octets_out = 0;
	s->tls_octets = 0;
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

gnutls_alert_description_t
stream_alert(const struct stream *s)
{
	return s->clear_alert == -1
	           ? gnutls_alert_get(s->tls)
	           : (gnutls_alert_description_t)s->clear_alert;
}

const char *
stream_cleartext(const struct stream *s)
{
	return s->cleartext;
}

size_t
stream_handshake_octets(const struct stream *s)
{
	return s->tls_octets;
}

int64_t
stream_handshake_heard(const struct stream *s)
{
	return s->tls_heard;
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

/* Converts errno to an enum stream_error. */
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

int
stream_wait(struct stream *s, short events)
{
	return deadline_wait(s->fd, events, s->when, s->cancel_fd) == 1
	           ? 0
	           : system_error();
}

int
stream_wait_tls(struct stream *s)
{
	return stream_wait(
	    s, gnutls_record_get_direction(s->tls) ? POLLOUT : POLLIN);
}

int
stream_tls_failure(struct stream *s, int error)
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
		s->broken = gnutls_error_is_fatal(error) != 0;
		return STREAM_TLS;
	}
}

/*
 * Sends a record of TLS.  GnuTLS 3.7 does not split by a max_fragment_length
 * (RFC 6066, 4) that was agreed on in TLS 1.2, so it gets no more at once.
 */
static ssize_t
send_tls_record(struct stream *s, const char *data, size_t size)
{
	size_t most = gnutls_record_get_max_size(s->tls);

	return gnutls_record_send(s->tls, data, size < most ? size : most);
}

/* Converts an error of gnutls_record_send(), which calls a reset a connection
 * that was closed without close_notify. */
static int
send_failure(struct stream *s, int error)
{
	if (error != GNUTLS_E_PREMATURE_TERMINATION)
		return stream_tls_failure(s, error);
	errno = ECONNRESET;
	return STREAM_SYSTEM;
}

/* Sends some of `data`; returns how many octets, or an enum stream_error. */
static ssize_t
send_some(struct stream *s, const char *data, size_t size)
{
	for (;;) {
		ssize_t n;
		int e;

		if (s->tls == NULL) {
			n = direct_send(s->fd, data, size, MSG_NOSIGNAL);
			if (n >= 0)
				return n;
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN)
				return STREAM_SYSTEM;
			e = stream_wait(s, POLLOUT);
		} else {
			n = send_tls_record(s, data, size);
			if (n >= 0)
				return n;
			if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
				return send_failure(s, (int)n);
			e = stream_wait_tls(s);
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
	/* What a broken connection did not take is not sent again before a
	 * read, as the peer's last words may still be there. */
	if (n == STREAM_SYSTEM)
		sent = s->output_length;
	s->output_length -= sent;
	memmove(s->output, s->output + sent, s->output_length);
	return n < 0 ? (int)n : 0;
}

int
stream_write(struct stream *s, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		size_t room = sizeof(s->output) - s->output_length, n;
		int e;

		/* Data that does not fit is not split: if the flush failed, a
		 * later reply that still fits would follow half of it. */
		if (size > room && s->output_length > 0) {
			if ((e = stream_flush(s)) != 0)
				return e;
			continue;
		}
		n = size < room ? size : room;
		memcpy(s->output + s->output_length, from, n);
		s->output_length += n;
		s->octets_out += n;
		from += n;
		size -= n;
	}
	return 0;
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
	case STREAM_EARLY_TLS:
		return "TLS without STARTTLS";
	case STREAM_TLS:
		break;
	}
	if (s->tls_error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		const char *alert = gnutls_alert_get_name(stream_alert(s));

		snprintf(s->message, sizeof(s->message),
		    "TLS alert from the peer: %s",
		    alert == NULL ? "unknown" : alert);
		return s->message;
	}
	return gnutls_strerror(s->tls_error);
}

/* Discards input until the peer closes. */
static void
discard_input(struct stream *s)
{
	char dropped[1024];
	ssize_t n;

	do
		n = direct_recv(s->fd, dropped, sizeof(dropped), 0);
	while ((n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR))) &&
	       stream_wait(s, POLLIN) == 0);
}

int
stream_end(struct stream *s)
{
	int e = 0, ret;

	if (s->ended)
		return 0;
	s->ended = true;
	if (!s->broken) {
		e = stream_flush(s);
		while (e == 0 && s->tls != NULL) {
			ret = gnutls_bye(s->tls, GNUTLS_SHUT_WR);
			if (ret == GNUTLS_E_SUCCESS)
				break;
			e = ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED
			        ? stream_wait_tls(s)
			        : stream_tls_failure(s, ret);
		}
	}
	direct_shutdown(s->fd, SHUT_WR);
	return e;
}

int
stream_close(struct stream *s, int64_t linger_ms)
{
	deadline linger = linger_ms == 0 ? 0 : deadline_in(linger_ms);
	int e;

	s->when = deadline_earlier(s->when, linger);
	e = stream_end(s);
	discard_input(s);
	return e;
}
