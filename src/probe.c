/*
 * One measured conversation with a server.
 */
#include "probe.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "certificate_names.h"
#include "dial.h"
#include "protocol.h"
#include "stream.h"

/* Pings that may wait for an answer at once: eleven hours' worth at the default
 * of -W, after which a server that reads and never answers is given up. */
#define UNANSWERED_MAX 4096
/* For the server's close after ours, which is what QUIT asks for. */
#define LINGER_MS 1000

#define QUIT_LINE "QUIT\n"
#define PING_LINE "PING\n"
#define STARTTLS_LINE "STARTTLS\n"

/* Below the enum stream_error: the conversation is over, and in order. */
#define STOPPED (-100)
/* ... or not, and `why` says so already. */
#define FAILED (-101)

struct unanswered {
	unsigned long sequence;
	int64_t sent;
};

struct probe {
	const struct ping_options *options;
	struct trust *trust;
	const struct probe_events *events;
	struct probe_result *result;
	struct stream *stream;
	int signals;  /* a signalfd(2) */
	deadline end; /* -w */
	enum probe_phase phase;
	bool upgrading; /* STARTTLS is said, TLS is not yet there */
	struct unanswered queue[UNANSWERED_MAX]; /* the oldest first */
	size_t waiting;
};

/* Sets `why`: whom it is about, and the cause.  Returns FAILED. */
static int __attribute__((format(printf, 2, 3)))
explain(struct probe *p, const char *format, ...)
{
	char *why = p->result->why;
	size_t size = sizeof(p->result->why);
	size_t used = (size_t)snprintf(why, size, "%s: ", p->options->host);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why + used, size - used, format, arguments);
	va_end(arguments);
	return FAILED;
}

/* The same for an enum stream_error, in terms of the phase. */
static int
fail(struct probe *p, const char *what, int error)
{
	return explain(p, "%s%s: %s", what,
	    p->phase == PROBE_TLS ? " over TLS" : "",
	    error == STREAM_EOF ? "the server closed the connection"
				: stream_strerror(p->stream, error));
}

/* Goes on if the event was heard. */
static int
heard(int event)
{
	return event == 0 ? 0 : STOPPED;
}

/*
 * Watches for the signals that stop and, where a wait can be resumed, for
 * SIGQUIT; elsewhere that one waits.  Returns the descriptor, or -1 with errno.
 */
static int
watch_signals(int fd, bool resumable)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (resumable)
		sigaddset(&set, SIGQUIT);
	return signalfd(fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Blocks what watch_signals() reads.  The mask before goes to `old`. */
static void
block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, old);
}

/* Takes what is left, which must not strike once it is no longer blocked. */
static void
unblock_signals(int fd, const sigset_t *old)
{
	struct signalfd_siginfo signal;

	if (fd != -1) {
		watch_signals(fd, true);
		while (read(fd, &signal, sizeof(signal)) == sizeof(signal))
			;
		close(fd);
	}
	sigprocmask(SIG_SETMASK, old, NULL);
}

/* A signal came.  Returns 0 to go on, or STOPPED. */
static int
handle_signal(struct probe *p)
{
	struct signalfd_siginfo signal;

	if (read(p->signals, &signal, sizeof(signal)) != sizeof(signal))
		return 0;
	if (signal.ssi_signo != SIGQUIT)
		return STOPPED;
	return heard(p->events->asked(p->events->context, p->result));
}

/* Counts an answer, which belongs to the oldest ping that has none; its
 * sequence number goes to `sequence`.  Returns 0 or STOPPED. */
static int
count_answer(struct probe *p, unsigned long *sequence)
{
	struct probe_tally *t = &p->result->tally[p->phase];
	struct unanswered ping = p->queue[0];
	int64_t now = deadline_now(), ns = now - ping.sent;

	memmove(p->queue, p->queue + 1, --p->waiting * sizeof(p->queue[0]));
	if (t->received == 0 || ns < t->min)
		t->min = ns;
	if (t->received == 0 || ns > t->max)
		t->max = ns;
	t->received++;
	t->sum += (double)ns;
	t->sum_of_squares += (double)ns * (double)ns;
	t->ended = now;
	*sequence = ping.sequence;
	return heard(p->events->answered(
	    p->events->context, p->result, p->phase, ping.sequence, ns));
}

/*
 * Reads answers until the one to ping `sequence` (0: none) came or the time is
 * up.  Returns 0, STREAM_TIMEOUT, STOPPED or FAILED.
 */
static int
read_answers(struct probe *p, unsigned long sequence, deadline when)
{
	char line[PROTOCOL_LINE_MAX];
	unsigned long which;
	ssize_t n;
	int e;

	stream_set_deadline(p->stream, deadline_earlier(when, p->end));
	for (;;) {
		n = stream_read_line(p->stream, line, sizeof(line));
		if (n == STREAM_CANCELLED) {
			e = handle_signal(p);
			if (e != 0)
				return e;
			continue;
		}
		if (n == STREAM_TIMEOUT)
			return deadline_now() >= p->end ? STOPPED
			                                : STREAM_TIMEOUT;
		if (n < 0)
			return fail(p, "waiting for an answer", (int)n);
		if (strcmp(line, "PONG") == 0 && n == 4 && p->waiting > 0) {
			e = count_answer(p, &which);
			if (e != 0 || which == sequence)
				return e;
			continue;
		}
		certificate_printable(line);
		return explain(p, "the server said \"%.100s\" %s%s", line,
		    p->phase == PROBE_TLS ? "over TLS" : "in the clear",
		    p->waiting > 0 ? " instead of PONG" : ", unasked");
	}
}

/* Returns 0, STOPPED or an enum stream_error. */
static int
send_line(struct probe *p, const char *line)
{
	int e;

	stream_set_deadline(p->stream,
	    deadline_earlier(deadline_in(p->options->timeout_ms), p->end));
	e = stream_write(p->stream, line, strlen(line));
	while (e == 0 || e == STREAM_CANCELLED) {
		e = stream_flush(p->stream);
		if (e != STREAM_CANCELLED)
			break;
		e = handle_signal(p);
		if (e != 0)
			return e;
	}
	return e;
}

/* Sends ping `sequence` and waits for its answer.  Returns 0, STOPPED, FAILED.
 */
static int
ping_once(struct probe *p, unsigned long sequence)
{
	struct probe_tally *t = &p->result->tally[p->phase];
	struct unanswered *ping;
	int e;

	if (p->waiting == UNANSWERED_MAX)
		return explain(
		    p, "no answer to the last %d pings", UNANSWERED_MAX);
	ping = &p->queue[p->waiting++];
	ping->sequence = sequence;
	ping->sent = deadline_now();
	if (t->sent++ == 0)
		t->began = ping->sent;
	t->ended = ping->sent;
	e = send_line(p, PING_LINE);
	if (e == STREAM_TIMEOUT && deadline_now() >= p->end)
		return STOPPED;
	/* Broken off: what the server said last tells more than that. */
	if (e == 0 || e == STREAM_SYSTEM)
		e = read_answers(
		    p, sequence, deadline_in(p->options->timeout_ms));
	else if (e != STOPPED)
		return fail(p, "sending a ping", e);
	if (e != STREAM_TIMEOUT)
		return e;
	t->ended = deadline_now();
	return heard(p->events->unanswered(
	    p->events->context, p->result, p->phase, sequence));
}

/* Pings `count` times (0: no end) at the interval.  Returns as ping_once. */
static int
ping(struct probe *p, unsigned long count)
{
	deadline next;
	int e;

	for (unsigned long sequence = 1;; sequence++) {
		next = p->options->interval_ms == 0
		           ? 0
		           : deadline_in(p->options->interval_ms);
		e = ping_once(p, sequence);
		if (e != 0 || sequence == count)
			return e;
		/* The pause; what comes late is read meanwhile. */
		e = read_answers(p, 0, next);
		if (e != STREAM_TIMEOUT)
			return e;
	}
}

/* Lets --starttls-delay pass.  Returns 0, STOPPED or FAILED. */
static int
delay(struct probe *p)
{
	deadline when = deadline_in(p->options->starttls_delay_ms);

	if (p->options->starttls_delay_ms == 0)
		return 0;
	while (deadline_wait(
		   -1, 0, deadline_earlier(when, p->end), p->signals) == -1 &&
	       errno == ECANCELED)
		if (handle_signal(p) != 0)
			return STOPPED;
	if (deadline_now() >= p->end)
		return explain(
		    p, "-w was over between STARTTLS and the handshake");
	return 0;
}

/* Puts a failed handshake, begun at `began`, into words. */
static int
handshake_failed(struct probe *p, int error, int64_t began)
{
	switch (error) {
	case STREAM_CANCELLED:
		return STOPPED;
	case STREAM_CLEARTEXT:
		return explain(p,
		    "the server sent clear text after STARTTLS, which has no "
		    "reply: \"%s\"",
		    stream_cleartext(p->stream));
	case STREAM_TRUNCATED:
	case STREAM_EOF:
		return explain(
		    p, "the server closed the connection during the handshake");
	case STREAM_TIMEOUT:
		return explain(p,
		    "the server took STARTTLS but did not answer the handshake "
		    "within %.3g s; it may have lost a ClientHello that "
		    "reached it together with STARTTLS, as the asyncio server "
		    "does: try a %s--starttls-delay",
		    (double)(deadline_now() - began) / 1e9,
		    p->options->starttls_delay_ms > 0 ? "longer " : "");
	case STREAM_TLS:
		if (stream_tls_error(p->stream) ==
		    GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
			return explain(p, "%s", trust_why(p->trust));
		break;
	default:
		break;
	}
	return fail(p, "handshake", error);
}

/* The handshake of a session of ours.  Returns 0, STOPPED or FAILED. */
static int
shake_hands(struct probe *p)
{
	gnutls_session_t session;
	int64_t began;
	int e;

	session = trust_session(p->trust, &e);
	if (session == NULL)
		return explain(
		    p, "cannot begin a handshake: %s", gnutls_strerror(e));
	began = deadline_now();
	stream_set_deadline(p->stream,
	    deadline_earlier(deadline_in(p->options->timeout_ms), p->end));
	/* A handshake that was interrupted cannot go on. */
	watch_signals(p->signals, false);
	e = stream_upgrade(p->stream, session);
	if (e != 0)
		return handshake_failed(p, e, began);
	watch_signals(p->signals, true);
	p->result->handshake_ns = deadline_now() - began;
	return 0;
}

static int
upgrade(struct probe *p)
{
	int e;

	/* From here on nothing may follow in the clear, not even QUIT. */
	p->upgrading = true;
	e = send_line(p, STARTTLS_LINE);
	if (e != 0)
		return e == STOPPED ? e : fail(p, "sending STARTTLS", e);
	e = delay(p);
	if (e == 0)
		e = shake_hands(p);
	if (e != 0)
		return e;
	p->upgrading = false;
	p->phase = PROBE_TLS;
	return heard(p->events->upgraded(
	    p->events->context, p->result, p->trust, stream_tls(p->stream)));
}

static int
converse(struct probe *p)
{
	unsigned long count = p->options->count;
	int e;

	if (p->options->plain)
		return ping(p, count);
	e = ping(p, count == 0 ? 1 : count);
	if (e != 0)
		return e;
	if (p->waiting > 0)
		return p->result->tally[PROBE_CLEAR].received == 0
		           ? 0
		           : explain(p,
				 "not upgraded: an answer in the clear is "
				 "missing, and could come in the midst of the "
				 "handshake");
	e = upgrade(p);
	return e == 0 ? ping(p, count) : e;
}

/* Connects and makes the stream.  Returns 0, STOPPED or FAILED. */
static int
dial(struct probe *p, const struct addrinfo *addresses)
{
	struct probe_result *r = p->result;
	const struct addrinfo *a = NULL;
	char why[PROBE_WHY_MAX / 2] = "";
	int fd;

	fd = dial_connect(addresses, p->options->timeout_ms, p->end, p->signals,
	    &a, &r->connect_ns, why, sizeof(why));
	if (fd == -1)
		return errno == ECANCELED
		           ? STOPPED
		           : explain(p, "cannot connect: %s", why);
	address_format(a->ai_addr, a->ai_addrlen, r->address);
	address_format_host(a->ai_addr, a->ai_addrlen, r->host);
	p->stream = stream_new(fd);
	if (p->stream == NULL) {
		explain(p, "%s", strerror(errno));
		close(fd);
		return FAILED;
	}
	stream_set_cancel(p->stream, p->signals);
	watch_signals(p->signals, true);
	return heard(p->events->connected(p->events->context, r));
}

/* Takes leave, whatever came of it: a last alert must not be lost to a reset.
 * The user who has no patience interrupts once more. */
static void
hang_up(struct probe *p, bool in_order)
{
	watch_signals(p->signals, false);
	stream_set_deadline(p->stream, deadline_in(LINGER_MS));
	if (in_order && !p->upgrading)
		(void)stream_write(p->stream, QUIT_LINE, strlen(QUIT_LINE));
	(void)stream_close(p->stream, LINGER_MS);
	stream_free(p->stream);
}

int
probe_run(const struct ping_options *options, struct trust *trust,
    const struct probe_events *events, struct probe_result *result)
{
	struct probe p = {
	    .options = options,
	    .trust = trust,
	    .events = events,
	    .result = result,
	    .end = deadline_in(options->deadline_ms),
	};
	struct addrinfo *addresses;
	sigset_t mask;
	int e;

	memset(result, 0, sizeof(*result));
	addresses = dial_resolve(options->host, options->port, options->family,
	    result->why, sizeof(result->why));
	if (addresses == NULL)
		return -1;
	/* Not before: a look-up cannot be cancelled, only interrupted. */
	block_signals(&mask);
	p.signals = watch_signals(-1, false);
	e = p.signals == -1
	        ? explain(&p, "cannot watch signals: %s", strerror(errno))
	        : dial(&p, addresses);
	freeaddrinfo(addresses);
	if (e == 0)
		e = converse(&p);
	if (p.stream != NULL)
		hang_up(&p, e != FAILED);
	unblock_signals(p.signals, &mask);
	return e == FAILED ? -1 : 0;
}
