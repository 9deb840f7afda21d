/*
 * The client's upgrade: STARTTLS, and the handshake.
 */
#include <errno.h>

#include "client/probe_internal.h"

#define STARTTLS_LINE "STARTTLS\n"

/* Lets --starttls-delay pass.  Returns 0, PROBE_STOPPED or PROBE_FAILED. */
static int
delay(struct probe *p)
{
	deadline when = deadline_in(p->options->starttls_delay_ms);

	if (p->options->starttls_delay_ms == 0)
		return 0;
	while (deadline_wait(
		   -1, 0, deadline_earlier(when, p->end), p->signals) == -1 &&
	       errno == ECANCELED)
		if (probe_handle_signal(p) != 0)
			return PROBE_STOPPED;
	if (deadline_now() >= p->end)
		return probe_explain(
		    p, "-w was over between STARTTLS and the handshake");
	return 0;
}

/* Puts a failed handshake, begun at `began`, into words. */
static int
handshake_failed(struct probe *p, int error, int64_t began)
{
	switch (error) {
	case STREAM_CANCELLED:
		return PROBE_STOPPED;
	case STREAM_CLEARTEXT:
		return probe_explain(p,
		    "the server sent clear text after STARTTLS, which has no "
		    "reply: \"%s\"",
		    stream_cleartext(p->stream));
	case STREAM_TRUNCATED:
	case STREAM_EOF:
		return probe_explain(
		    p, "the server closed the connection during the handshake");
	case STREAM_TIMEOUT:
		return probe_explain(p,
		    "the server took STARTTLS but did not answer the handshake "
		    "within %.3g s; it may have lost a ClientHello that "
		    "reached it together with STARTTLS, as the asyncio server "
		    "does: try a %s--starttls-delay",
		    (double)(deadline_now() - began) / 1e9,
		    p->options->starttls_delay_ms > 0 ? "longer " : "");
	case STREAM_TLS:
		if (stream_tls_error(p->stream) ==
		    GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
			return probe_explain(p, "%s", verify_why(p->verifier));
		break;
	default:
		break;
	}
	return probe_fail(p, "handshake", error);
}

/* The handshake of a session of ours.  Returns 0, PROBE_STOPPED or
 * PROBE_FAILED. */
static int
shake_hands(struct probe *p)
{
	gnutls_session_t session;
	int64_t began;
	int e;

	session = verify_session(p->verifier, &e);
	if (session == NULL)
		return probe_explain(
		    p, "cannot begin a handshake: %s", gnutls_strerror(e));
	began = deadline_now();
	stream_set_deadline(p->stream,
	    deadline_earlier(deadline_in(p->options->timeout_ms), p->end));
	/* A handshake that was interrupted cannot go on. */
	probe_watch_signals(p->signals, false);
	e = stream_upgrade(p->stream, session);
	if (e != 0)
		return handshake_failed(p, e, began);
	probe_watch_signals(p->signals, true);
	p->result->handshake_ns = deadline_now() - began;
	return 0;
}

int
probe_upgrade(struct probe *p)
{
	int e;

	/* From here on nothing may follow in the clear, not even QUIT. */
	p->upgrading = true;
	e = probe_send_line(p, STARTTLS_LINE);
	if (e != 0)
		return e == PROBE_STOPPED
		           ? e
		           : probe_fail(p, "sending STARTTLS", e);
	e = delay(p);
	if (e == 0)
		e = shake_hands(p);
	if (e != 0)
		return e;
	p->upgrading = false;
	p->phase = PROBE_TLS;
	return probe_heard(p->events->upgraded(
	    p->events->context, p->result, p->verifier, stream_tls(p->stream)));
}
