#include "session/session.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "stream/protocol.h"

/* How long to wait for the peer to read the last reply and close: longer than
 * the round trip of any network, short enough not to tie up a process. */
#define LINGER_MS 2000

struct session {
	struct stream *stream;
	const struct credentials *credentials;
	const struct session_options *options;
	struct session_result *result;
	deadline end;  /* of the session */
	deadline idle; /* when the next line must be complete */
	unsigned int errors;
};

/* Sets the deadline of the next line.  Returns false if the session's own has
 * passed. */
static bool
set_deadline(struct session *s)
{
	int64_t now = deadline_now();

	s->result->idle_since = now;
	s->idle =
	    deadline_earlier(deadline_after(now, s->options->idle_ms), s->end);
	stream_set_deadline(s->stream, s->idle);
	return now < s->end;
}

static int
send_to_peer(struct session *s, const char *reply)
{
	return stream_write(s->stream, reply, strlen(reply));
}

static enum session_end
ending(int error)
{
	switch ((enum stream_error)error) {
	case STREAM_EOF:
		return SESSION_CLOSED;
	case STREAM_TRUNCATED:
		return SESSION_TRUNCATED;
	case STREAM_TOO_LONG:
		return SESSION_LINE_TOO_LONG;
	case STREAM_TIMEOUT:
		return SESSION_TIMED_OUT;
	case STREAM_TLS:
	case STREAM_CLEARTEXT:
		return SESSION_TLS_FAILED;
	case STREAM_EARLY_TLS:
		return SESSION_EARLY_TLS;
	case STREAM_CANCELLED:
	case STREAM_SYSTEM:
		break;
	}
	return SESSION_CONNECTION_LOST;
}

/* Ends the session after a failed read, with a reply if the peer can still
 * receive one. */
static enum session_end
end_without_line(struct session *s, int error)
{
	enum session_end end = ending(error);

	snprintf(s->result->why, sizeof(s->result->why), "%s",
	    stream_strerror(s->stream, error));
	/* Sent by stream_close(). */
	if (end == SESSION_LINE_TOO_LONG)
		(void)send_to_peer(s, PROTOCOL_TOO_LONG);
	if (end == SESSION_TIMED_OUT)
		(void)send_to_peer(s, PROTOCOL_TIMEOUT);
	if (end == SESSION_EARLY_TLS)
		(void)send_to_peer(s, PROTOCOL_NO_COMMAND);
	return end;
}

/* Records the parameters of the TLS session. */
static void
note_tls_session(struct session *s)
{
	struct session_result *r = s->result;
	gnutls_session_t tls = stream_tls(s->stream);
	const char *suite = gnutls_ciphersuite_get(tls);
	const char *version =
	    gnutls_protocol_get_name(gnutls_protocol_get_version(tls));

	snprintf(r->version, sizeof(r->version), "%s",
	    version == NULL ? "" : version);
	snprintf(r->cipher_suite, sizeof(r->cipher_suite), "%s",
	    suite == NULL ? "" : suite);
	r->resumed = gnutls_session_is_resumed(tls) != 0;
	client_auth_name(tls, r->client, sizeof(r->client));
}

/* Records the alert of a handshake that failed with a GnuTLS error. */
static void
note_alert(struct session *s, int tls_error)
{
	struct session_result *r = s->result;
	int alert, level;

	if (tls_error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		r->alert = stream_alert(s->stream);
		r->alert_received = 1;
		return;
	}
	alert = client_auth_alert(stream_tls(s->stream), tls_error);
	if (alert == -1)
		alert = gnutls_error_to_alert(tls_error, &level);
	r->alert = (uint32_t)alert;
}

/* True if the cause of a GnuTLS error is this machine. */
static bool
is_ours(int tls_error)
{
	return tls_error == GNUTLS_E_MEMORY_ERROR ||
	       tls_error == GNUTLS_E_RANDOM_FAILED;
}

/*
 * True if a client that means no harm may fail in this way again and again: it
 * does not trust our certificate (RFC 8446, 6.2), or asks for a name that
 * GnuTLS does not accept, for example an IPv6 address.
 */
static bool
is_blameless(const struct session_result *r, int tls_error)
{
	if (tls_error == GNUTLS_E_RECEIVED_DISALLOWED_NAME)
		return true;
	if (r->alert_received == 0)
		return false;
	switch (r->alert) {
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_REVOKED:
	case GNUTLS_A_CERTIFICATE_EXPIRED:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
	case GNUTLS_A_UNKNOWN_CA:
		return true;
	default:
		return false;
	}
}

/* Records why the handshake failed.  Returns the end of the session. */
static enum session_end
note_failure(struct session *s, int error)
{
	struct session_result *r = s->result;
	const char *why = credentials_why(s->credentials);
	int tls_error = error == STREAM_TLS ? stream_tls_error(s->stream) : 0;
	bool unable = why[0] != '\0' || is_ours(tls_error);

	if (!unable)
		why = credentials_client_why(s->credentials);
	if (why[0] == '\0')
		why = stream_strerror(s->stream, error);
	snprintf(r->why, sizeof(r->why), "%s", why);
	r->alert = SESSION_NO_ALERT;
	if (unable)
		return SESSION_UNABLE;
	if (error == STREAM_CLEARTEXT)
		r->alert = GNUTLS_A_UNEXPECTED_MESSAGE;
	else if (error == STREAM_TLS)
		note_alert(s, tls_error);
	r->blameless = is_blameless(r, tls_error);
	return SESSION_HANDSHAKE_FAILED;
}

/* Upgrades to TLS.  Returns false, with the end, if that ended the session. */
static bool
upgrade_session(struct session *s, enum session_end *end)
{
	struct signer *signer = credentials_signer(s->credentials);
	int64_t began = deadline_now();
	deadline when =
	    deadline_earlier(deadline_in(s->options->handshake_ms), s->end);
	gnutls_session_t tls;
	int code, error;

	if (s->options->keys_unread)
		signer_prepare(signer);
	tls = credentials_session(s->credentials, &code);
	if (tls == NULL) {
		snprintf(s->result->why, sizeof(s->result->why), "%s",
		    gnutls_strerror(code));
		*end = SESSION_UNABLE;
		return false;
	}
	signer_set_deadline(signer, when);
	stream_set_deadline(s->stream, when);
	stream_set_alert(s->stream, client_auth_alert);
	error = stream_upgrade(s->stream, tls);
	if (error != 0) {
		*end = note_failure(s, error);
		return false;
	}
	s->result->handshake_ns = deadline_now() - began;
	s->result->upgraded = 1;
	s->errors = 0; /* those before could have been injected */
	note_tls_session(s);
	return true;
}

/* Counts a command that is answered, and returns the reply to it. */
static const char *
reply_to(struct session *s, enum protocol_command command)
{
	bool upgraded = stream_tls(s->stream) != NULL;

	if (command == PROTOCOL_PING) {
		if (upgraded)
			s->result->pings_tls++;
		else
			s->result->pings_clear++;
		return PROTOCOL_PONG;
	}
	s->errors++;
	return command == PROTOCOL_STARTTLS ? PROTOCOL_ENCRYPTED
	                                    : PROTOCOL_NO_COMMAND;
}

/* Sends the reply to a command.  Returns true if the session goes on, or false
 * with its end in `*end`. */
static bool
answer_command(
    struct session *s, enum protocol_command command, enum session_end *end)
{
	const char *reply = reply_to(s, command);
	int e;

	if (s->errors >= s->options->max_errors) {
		(void)send_to_peer(s, PROTOCOL_ERRORS);
		*end = SESSION_TOO_MANY_ERRORS;
		return false;
	}
	e = send_to_peer(s, reply);
	if (e == 0)
		return true;
	*end = end_without_line(s, e);
	return false;
}

static enum session_end
serve_lines(struct session *s)
{
	char line[PROTOCOL_LINE_MAX];
	enum protocol_command command;
	enum session_end end;
	bool blank = false;
	ssize_t n;

	for (;;) {
		/* Lines that came together share one look at the clock. */
		if (!blank && !stream_has_line(s->stream) && !set_deadline(s))
			return end_without_line(s, STREAM_TIMEOUT);
		n = stream_read_line(s->stream, line, sizeof(line));
		if (n < 0)
			return end_without_line(s, (int)n);
		command = protocol_parse(line, (size_t)n);
		blank = command == PROTOCOL_EMPTY;
		if (command == PROTOCOL_QUIT)
			return SESSION_QUIT;
		if (blank) {
			/* Blank lines do not extend the deadline. */
			if (deadline_now() >= s->idle)
				return end_without_line(s, STREAM_TIMEOUT);
		} else if (command == PROTOCOL_STARTTLS &&
			   stream_tls(s->stream) == NULL) {
			if (!upgrade_session(s, &end))
				return end;
		} else if (!answer_command(s, command, &end))
			return end;
	}
}

void
session_serve(struct stream *stream, const struct credentials *credentials,
    const struct session_options *options, struct session_result *result)
{
	struct session s = {
	    .stream = stream,
	    .credentials = credentials,
	    .options = options,
	    .result = result,
	    .end = deadline_in(options->total_ms),
	};
	enum session_end end = serve_lines(&s);

	/* A session that timed out may still send its last reply. */
	stream_set_deadline(stream, DEADLINE_NEVER);
	(void)stream_close(stream, LINGER_MS);
	result->octets_in = stream_octets_in(stream);
	result->octets_out = stream_octets_out(stream);
	result->end = end;
}
