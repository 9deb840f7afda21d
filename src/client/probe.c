#include "client/probe.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "client/dial.h"
#include "client/probe_internal.h"
#include "stream/protocol.h"

/* For the server's close after ours, which is what QUIT asks for. */
#define LINGER_MS 1000

#define QUIT_LINE "QUIT\n"

int __attribute__((format(printf, 2, 3)))
probe_explain(struct probe *p, const char *format, ...)
{
	char *why = p->result->why;
	size_t size = sizeof(p->result->why);
	size_t used = (size_t)snprintf(why, size, "%s: ", p->options->host);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why + used, size - used, format, arguments);
	va_end(arguments);
	return PROBE_FAILED;
}

int
probe_fail(struct probe *p, const char *what, int error)
{
	return probe_explain(p, "%s%s: %s", what,
	    p->phase == PROBE_TLS ? " over TLS" : "",
	    error == STREAM_EOF ? "the server closed the connection"
				: stream_strerror(p->stream, error));
}

int
probe_heard(int event)
{
	return event == 0 ? 0 : PROBE_STOPPED;
}

int
probe_watch_signals(int fd, bool resumable)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (resumable)
		sigaddset(&set, SIGQUIT);
	return signalfd(fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int
probe_handle_signal(struct probe *p)
{
	struct signalfd_siginfo signal;

	if (read(p->signals, &signal, sizeof(signal)) != sizeof(signal))
		return 0;
	if (signal.ssi_signo != SIGQUIT)
		return PROBE_STOPPED;
	return probe_heard(p->events->asked(p->events->context, p->result));
}

int
probe_send_line(struct probe *p, const char *line)
{
	int e;

	stream_set_deadline(p->stream,
	    deadline_earlier(deadline_in(p->options->timeout_ms), p->end));
	e = stream_write(p->stream, line, strlen(line));
	while (e == 0 || e == STREAM_CANCELLED) {
		e = stream_flush(p->stream);
		if (e != STREAM_CANCELLED)
			break;
		e = probe_handle_signal(p);
		if (e != 0)
			return e;
	}
	return e;
}

/* Blocks what probe_watch_signals() reads.  The mask before goes to `old`. */
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
		probe_watch_signals(fd, true);
		while (read(fd, &signal, sizeof(signal)) == sizeof(signal))
			;
		close(fd);
	}
	sigprocmask(SIG_SETMASK, old, NULL);
}

static int
converse(struct probe *p)
{
	unsigned long count = p->options->count;
	int e;

	if (p->options->plain)
		return probe_ping(p, count);
	e = probe_ping(p, count == 0 ? 1 : count);
	if (e != 0)
		return e;
	if (p->waiting > 0)
		return p->result->tally[PROBE_CLEAR].received == 0
		           ? 0
		           : probe_explain(p,
				 "not upgraded: an answer in the clear is "
				 "missing, and could come in the midst of the "
				 "handshake");
	e = probe_upgrade(p);
	return e == 0 ? probe_ping(p, count) : e;
}

/* Connects and makes the stream.  Returns 0, PROBE_STOPPED or PROBE_FAILED. */
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
		           ? PROBE_STOPPED
		           : probe_explain(p, "cannot connect: %s", why);
	address_format(a->ai_addr, a->ai_addrlen, r->address);
	address_format_host(a->ai_addr, a->ai_addrlen, r->host);
	p->stream = stream_new(fd, PROTOCOL_LINE_MAX);
	if (p->stream == NULL) {
		probe_explain(p, "%s", strerror(errno));
		close(fd);
		return PROBE_FAILED;
	}
	stream_set_cancel(p->stream, p->signals);
	probe_watch_signals(p->signals, true);
	return probe_heard(p->events->connected(p->events->context, r));
}

/* Takes leave, whatever came of it: a last alert must not be lost to a reset.
 * The user who has no patience interrupts once more. */
static void
hang_up(struct probe *p, bool in_order)
{
	probe_watch_signals(p->signals, false);
	stream_set_deadline(p->stream, deadline_in(LINGER_MS));
	if (in_order && !p->upgrading)
		(void)stream_write(p->stream, QUIT_LINE, strlen(QUIT_LINE));
	(void)stream_close(p->stream, LINGER_MS);
	stream_free(p->stream);
}

int
probe_run(const struct ping_options *options, struct verifier *verifier,
    const struct probe_events *events, struct probe_result *result)
{
	struct probe p = {
	    .options = options,
	    .verifier = verifier,
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
	p.signals = probe_watch_signals(-1, false);
	e = p.signals == -1
	        ? probe_explain(&p, "cannot watch signals: %s", strerror(errno))
	        : dial(&p, addresses);
	freeaddrinfo(addresses);
	if (e == 0)
		e = converse(&p);
	if (p.stream != NULL)
		hang_up(&p, e != PROBE_FAILED);
	unblock_signals(p.signals, &mask);
	return e == PROBE_FAILED ? -1 : 0;
}
