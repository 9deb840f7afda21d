/*
 * The upgrade of a stream in place: the handshake that follows STARTTLS.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/direct_calls.h"
#include "base/printable.h"
#include "stream/stream_internal.h"

/* Records clear text for stream_cleartext(), without quotation marks: messages
 * quote it. */
static void
note_cleartext(struct stream *s, const void *octets, size_t size)
{
	printable_copy(s->cleartext, sizeof(s->cleartext), octets, size);
	for (char *c = s->cleartext; *c != '\0'; c++)
		if (*c == '"')
			*c = '.';
}

/* Records the last octets that GnuTLS has read. */
static void
note_pulled(struct stream *s, const unsigned char *octets, size_t size)
{
	size_t room = sizeof(s->pulled), take = size < room ? size : room;

	memmove(s->pulled, s->pulled + take, room - take);
	memcpy(s->pulled + room - take, octets + size - take, take);
}

/*
 * True if the last record was a fatal alert in the clear.  A client with
 * OpenSSL sends one if it rejects the server's certificate, although everything
 * is encrypted by then in TLS 1.3, and GnuTLS fails to decrypt it.
 */
static bool
is_clear_alert(struct stream *s)
{
	static const unsigned char head[] = {21, 3, 3, 0, 2, 2};

	if (memcmp(s->pulled, head, sizeof(head)) != 0)
		return false;
	s->clear_alert = s->pulled[sizeof(head)];
	return true;
}

/*
 * GnuTLS's receive function.  The peer's first octet must begin a handshake or
 * an alert record (RFC 8446, 5.1).  Otherwise the peer sent clear text, which
 * is reported as such; GnuTLS would call it an unexpected record.
 */
static ssize_t
pull(gnutls_transport_ptr_t transport, void *buffer, size_t size)
{
	struct stream *s = transport;
	unsigned char first[sizeof(s->cleartext)];
	ssize_t n;

	if (!s->record_seen) {
		n = direct_recv(s->fd, first, sizeof(first), MSG_PEEK);
		if (n > 0 && first[0] != 22 && first[0] != 21) {
			note_cleartext(s, first, (size_t)n);
			errno = EPROTO;
			n = -1;
		}
		if (n <= 0)
			goto out;
		s->record_seen = true;
	}
	n = direct_recv(s->fd, buffer, size, 0);
	/* The send that failed took the error from the socket. */
	if (n == 0 && s->send_reset) {
		errno = ECONNRESET;
		n = -1;
	}
	if (n > 0) {
		s->tls_octets += (size_t)n;
		s->tls_heard = deadline_now();
		note_pulled(s, buffer, (size_t)n);
	}
out:
	s->pull_errno = errno;
	if (n < 0)
		gnutls_transport_set_errno(s->tls, errno);
	return n;
}

/*
 * GnuTLS's send function: gathers the parts, for example the records of a
 * flight, for a single send(2).  GnuTLS would call sendmsg(2), with which a
 * process that was taken over could do much more.
 */
static ssize_t
push(gnutls_transport_ptr_t transport, const giovec_t *parts, int count)
{
	const struct stream *s = transport;
	char whole[STREAM_OUTPUT_SIZE];
	const char *from = whole;
	size_t size = 0;
	ssize_t n;

	if (count == 1) {
		from = parts[0].iov_base;
		size = parts[0].iov_len;
	}
	/* GnuTLS sends the rest later. */
	for (int i = 0; from == whole && i < count; i++) {
		size_t part = parts[i].iov_len;

		if (part > sizeof(whole) - size)
			part = sizeof(whole) - size;
		memcpy(whole + size, parts[i].iov_base, part);
		size += part;
	}
	n = direct_send(s->fd, from, size, MSG_NOSIGNAL);
	if (n < 0)
		gnutls_transport_set_errno(s->tls, errno);
	return n;
}

/*
 * The same during the handshake.  What a peer that is gone does not take counts
 * as sent, so that GnuTLS goes on to what that peer sent before it left: the
 * alert of a client that refused the certificate, or the end of a good
 * handshake.  Both may close while tickets are still being sent to them.  If it
 * was neither, the next read fails.
 */
static ssize_t
push_in_handshake(
    gnutls_transport_ptr_t transport, const giovec_t *parts, int count)
{
	struct stream *s = transport;
	ssize_t n = push(transport, parts, count);

	if (n >= 0 || (errno != EPIPE && errno != ECONNRESET))
		return n;
	s->send_reset = s->send_reset || errno == ECONNRESET;
	n = 0;
	for (int i = 0; i < count; i++)
		n += (ssize_t)parts[i].iov_len;
	return n;
}

static int
pull_timeout(gnutls_transport_ptr_t transport, unsigned int ms)
{
	struct stream *s = transport;

	return gnutls_system_recv_timeout(
	    (gnutls_transport_ptr_t)(intptr_t)s->fd, ms);
}

/* Sends the alert for a handshake that failed with this GnuTLS error. */
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
			e = stream_wait_tls(s);
		else if (!gnutls_error_is_fatal(ret))
			e = deadline_now() > s->when ? STREAM_TIMEOUT : 0;
		else if (s->cleartext[0] != '\0') {
			gnutls_alert_send(s->tls, GNUTLS_AL_FATAL,
			    GNUTLS_A_UNEXPECTED_MESSAGE);
			e = STREAM_CLEARTEXT;
		} else {
			if (ret == GNUTLS_E_DECRYPTION_FAILED &&
			    is_clear_alert(s))
				ret = GNUTLS_E_FATAL_ALERT_RECEIVED;
			e = stream_tls_failure(s, ret);
			if (e == STREAM_TLS)
				send_alert(s, ret);
		}
		if (e != 0)
			return e;
	}
}

/* Allocates the input buffer, with room for a line of `line_max` octets. */
static struct tls_input *
new_input(size_t line_max)
{
	size_t size =
	    line_max > STREAM_INPUT_SIZE ? line_max : STREAM_INPUT_SIZE;
	struct tls_input *in = malloc(sizeof(*in) + size);

	if (in == NULL)
		return NULL;
	in->start = in->end = 0;
	in->size = size;
	return in;
}

int
stream_upgrade(struct stream *s, gnutls_session_t session)
{
	int e;

	assert(s->tls == NULL && !s->broken);
	e = stream_flush(s);
	if (e == 0 && s->line_length != 0) {
		/* Nothing in the clear may cross the upgrade.  Nothing is ever
		 * read behind an LF, so this is an incomplete line that the
		 * caller gave up. */
		note_cleartext(s, s->line, s->line_length);
		e = STREAM_CLEARTEXT;
	}
	if (e == 0 && (s->input = new_input(s->line_max)) == NULL) {
		errno = ENOMEM;
		e = STREAM_SYSTEM;
	}
	if (e != 0) {
		gnutls_deinit(session);
		s->broken = true;
		return e;
	}
	s->tls = session;
	/* As gnutls_transport_set_int(), with our own functions.  The socket
	 * does not block, and we wait ourselves: GnuTLS's handshake timeout
	 * starts anew with each octet that a slow peer sends. */
	gnutls_transport_set_ptr(s->tls, s);
	gnutls_transport_set_vec_push_function(s->tls, push_in_handshake);
	gnutls_transport_set_pull_function(s->tls, pull);
	gnutls_transport_set_pull_timeout_function(s->tls, pull_timeout);
	e = handshake(s);
	gnutls_transport_set_vec_push_function(s->tls, push);
	s->broken = e != 0;
	return e;
}
