/*
 * Pings, and the answers to them.
 */
#include <string.h>

#include "base/printable.h"
#include "client/probe_internal.h"
#include "stream/protocol.h"

#define PING_LINE "PING\n"

void
probe_tally_add(struct probe_tally *t, int64_t ns)
{
	if (t->received == 0 || ns < t->min)
		t->min = ns;
	if (t->received == 0 || ns > t->max)
		t->max = ns;
	t->received++;
	t->sum += (double)ns;
	t->sum_of_squares += (double)ns * (double)ns;
}

/* Counts an answer, which belongs to the oldest ping that has none; its
 * sequence number goes to `sequence`.  Returns 0 or PROBE_STOPPED. */
static int
count_answer(struct probe *p, unsigned long *sequence)
{
	struct probe_tally *t = &p->result->tally[p->phase];
	struct unanswered ping = p->queue[0];
	int64_t now = deadline_now(), ns = now - ping.sent;

	memmove(p->queue, p->queue + 1, --p->waiting * sizeof(p->queue[0]));
	probe_tally_add(t, ns);
	t->ended = now;
	*sequence = ping.sequence;
	return probe_heard(p->events->answered(
	    p->events->context, p->result, p->phase, ping.sequence, ns));
}

/*
 * Reads answers until the one to ping `sequence` (0: none) came or the time is
 * up.  Returns 0, STREAM_TIMEOUT, PROBE_STOPPED or PROBE_FAILED.
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
			e = probe_handle_signal(p);
			if (e != 0)
				return e;
			continue;
		}
		if (n == STREAM_TIMEOUT)
			return deadline_now() >= p->end ? PROBE_STOPPED
			                                : STREAM_TIMEOUT;
		if (n < 0)
			return probe_fail(p, "waiting for an answer", (int)n);
		if (strcmp(line, "PONG") == 0 && n == 4 && p->waiting > 0) {
			e = count_answer(p, &which);
			if (e != 0 || which == sequence)
				return e;
			continue;
		}
		printable(line);
		return probe_explain(p, "the server said \"%.100s\" %s%s", line,
		    p->phase == PROBE_TLS ? "over TLS" : "in the clear",
		    p->waiting > 0 ? " instead of PONG" : ", unasked");
	}
}

/* Sends ping `sequence` and waits for its answer.  Returns 0, PROBE_STOPPED,
 * PROBE_FAILED.
 */
static int
ping_once(struct probe *p, unsigned long sequence)
{
	struct probe_tally *t = &p->result->tally[p->phase];
	struct unanswered *ping;
	int e;

	if (p->waiting == PROBE_UNANSWERED_MAX)
		return probe_explain(
		    p, "no answer to the last %d pings", PROBE_UNANSWERED_MAX);
	ping = &p->queue[p->waiting++];
	ping->sequence = sequence;
	ping->sent = deadline_now();
	if (t->sent++ == 0)
		t->began = ping->sent;
	t->ended = ping->sent;
	e = probe_send_line(p, PING_LINE);
	if (e == STREAM_TIMEOUT && deadline_now() >= p->end)
		return PROBE_STOPPED;
	/* Broken off: what the server said last tells more than that. */
	if (e == 0 || e == STREAM_SYSTEM)
		e = read_answers(
		    p, sequence, deadline_in(p->options->timeout_ms));
	else if (e != PROBE_STOPPED)
		return probe_fail(p, "sending a ping", e);
	if (e != STREAM_TIMEOUT)
		return e;
	t->ended = deadline_now();
	return probe_heard(p->events->unanswered(
	    p->events->context, p->result, p->phase, sequence));
}

int
probe_ping(struct probe *p, unsigned long count)
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
