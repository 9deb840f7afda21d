/*
 * Our own protocol: pings in the clear, STARTTLS, pings over TLS, QUIT.
 */
#include <errno.h>
#include <string.h>

#include "base/printable.h"
#include "client/conversation_internal.h"
#include "stream/protocol.h"

#define PING_LINE "PING\n"
#define STARTTLS_LINE "STARTTLS\n"
#define QUIT_LINE "QUIT\n"

/* Counts an answer to the oldest unanswered ping, whose number is returned in
 * `sequence`.  Returns 0 or CONVERSATION_STOPPED. */
static int
count_answer(struct conversation *c, uint64_t *sequence)
{
	struct outcome_pings *p = &c->outcome->pings[c->stage];
	struct unanswered_ping ping = c->queue[0];
	int64_t now = deadline_now(), ns = now - ping.sent;

	memmove(c->queue, c->queue + 1, --c->waiting * sizeof(c->queue[0]));
	times_add(&p->answers, ns);
	p->ended = now;
	*sequence = ping.sequence;
	return conversation_heard(REPORTER_TELL(c->setup->reporter, answered,
	    c->outcome, c->stage, ping.sequence, ns));
}

/* The size of what is shown of a line other than PONG. */
#define SHOWN_MAX 104

/* Handles such a line.  A server's limits of idling and of a whole
 * session end in the same words; the former shows in the first interval. */
static int
not_an_answer(struct conversation *c, const char *line, size_t size)
{
	char shown[SHOWN_MAX];
	bool idle =
	    strcmp(line, "ERR timeout") == 0 && c->waiting == 0 && !c->idled;

	printable_copy(shown, sizeof(shown), line, size);
	return conversation_fail(c, idle ? REASON_TIMEOUT : REASON_PROTOCOL,
	    "the server said \"%s\" %s%s%s", shown,
	    c->stage == OUTCOME_OVER_TLS ? "over TLS" : "in the clear",
	    c->waiting > 0 ? " instead of PONG" : ", unasked",
	    idle ? ": -i is longer than it lets a session idle" : "");
}

/*
 * Reads answers until the one to ping `sequence` (0: none) came or the time is
 * up.  Returns 0, STREAM_TIMEOUT, CONVERSATION_STOPPED or CONVERSATION_FAILED.
 */
static int
read_answers(struct conversation *c, uint64_t sequence, deadline when)
{
	char line[PROTOCOL_LINE_MAX];
	uint64_t which;
	ssize_t n;
	int e, error;

	for (;;) {
		stream_set_deadline(c->stream, deadline_earlier(when, c->end));
		n = stream_read_line(c->stream, line, sizeof(line));
		error = errno;
		/* Also if writing the output took until then. */
		if (control_take(c->setup->control))
			return CONVERSATION_STOPPED;
		if (n == STREAM_TIMEOUT)
			return deadline_now() >= c->end ? CONVERSATION_STOPPED
			                                : STREAM_TIMEOUT;
		if (n < 0) {
			errno = error;
			return conversation_broken(
			    c, "waiting for an answer", (int)n);
		}
		if (strcmp(line, "PONG") != 0 || n != 4 || c->waiting == 0)
			return not_an_answer(c, line, (size_t)n);
		e = count_answer(c, &which);
		if (e != 0 || which == sequence)
			return e;
	}
}

/* Sends ping `sequence` and waits for its answer.  Returns 0,
 * CONVERSATION_STOPPED or CONVERSATION_FAILED. */
static int
ping_once(struct conversation *c, uint64_t sequence)
{
	struct outcome_pings *p = &c->outcome->pings[c->stage];
	struct unanswered_ping *ping;
	int e;

	if (c->waiting == CONVERSATION_UNANSWERED_MAX)
		return conversation_fail(c, REASON_TIMEOUT,
		    "no answer to the last %d pings",
		    CONVERSATION_UNANSWERED_MAX);
	ping = &c->queue[c->waiting++];
	ping->sequence = sequence;
	ping->sent = deadline_now();
	if (p->sent++ == 0)
		p->began = ping->sent;
	p->ended = ping->sent;
	e = conversation_heard(REPORTER_TELL(
	    c->setup->reporter, sent, c->outcome, c->stage, sequence));
	if (e != 0)
		return e;
	e = conversation_send_line(c, PING_LINE);
	if (e == STREAM_TIMEOUT && deadline_now() >= c->end)
		return CONVERSATION_STOPPED;
	/* The connection broke: the server's last line explains more. */
	if (e == 0 || e == STREAM_SYSTEM)
		e = read_answers(
		    c, sequence, deadline_in(c->options->timeout_ms));
	else if (e != CONVERSATION_STOPPED)
		return conversation_broken(c, "sending a ping", e);
	if (e != STREAM_TIMEOUT)
		return e;
	p->ended = deadline_now();
	return conversation_heard(REPORTER_TELL(
	    c->setup->reporter, unanswered, c->outcome, c->stage, sequence));
}

/* With -w, waits for outstanding answers, as ping(8) does. */
static int
await_the_rest(struct conversation *c)
{
	int e = 0;

	while (e == 0 && c->waiting > 0 &&
	       c->setup->control->end != DEADLINE_NEVER)
		e = read_answers(c, c->queue[c->waiting - 1].sequence, c->end);
	return e;
}

/* Sends `count` pings (0: no limit) at the interval, and reads the answers. */
static int
ping_repeatedly(struct conversation *c, unsigned long count)
{
	deadline next;
	int e;

	for (uint64_t sequence = 1;; sequence++) {
		next = c->options->interval_ms == 0
		           ? 0
		           : deadline_in(c->options->interval_ms);
		e = ping_once(c, sequence);
		if (e != 0)
			return e;
		if (sequence == count)
			return await_the_rest(c);
		/* Waits for the interval; late answers are read meanwhile. */
		e = read_answers(c, 0, next);
		if (e != STREAM_TIMEOUT)
			return e;
		c->idled = true;
	}
}

/* Waits for --starttls-delay.  Returns 0, CONVERSATION_STOPPED or
 * CONVERSATION_FAILED. */
static int
delay(struct conversation *c)
{
	deadline when = deadline_in(c->options->starttls_delay_ms);

	if (c->options->starttls_delay_ms == 0)
		return 0;
	if (deadline_wait(-1, 0, deadline_earlier(when, c->end),
		c->setup->control->signals) == -1 &&
	    errno == ECANCELED && control_take(c->setup->control))
		return CONVERSATION_STOPPED;
	if (deadline_now() >= c->end)
		return conversation_fail(c, REASON_TIMEOUT,
		    "the deadline was over between STARTTLS and the handshake");
	return 0;
}

/* STARTTLS has no reply; the phase is only the delay. */
static int
upgrade(struct conversation *c)
{
	int64_t began = deadline_now();
	int e;

	/* From here on nothing may follow in the clear, not even QUIT. */
	c->upgrading = true;
	e = conversation_send_line(c, STARTTLS_LINE);
	if (e != 0)
		return e == CONVERSATION_STOPPED
		           ? e
		           : conversation_broken(c, "sending STARTTLS", e);
	e = delay(c);
	c->outcome->phase_ns[OUTCOME_STARTTLS] = deadline_now() - began;
	if (e == 0)
		e = conversation_shake_hands(c);
	if (e == 0)
		c->upgrading = false;
	return e;
}

static int
speak(struct conversation *c)
{
	unsigned long count = c->setup->count;
	int e;

	if (c->setup->verifier == NULL)
		return ping_repeatedly(c, count);
	e = ping_repeatedly(c, count == 0 ? 1 : count);
	if (e != 0)
		return e;
	if (c->waiting > 0) {
		if (c->outcome->pings[OUTCOME_CLEAR].answers.count == 0)
			return CONVERSATION_STOPPED;
		return conversation_fail(c, REASON_TIMEOUT,
		    "not upgraded: an answer in the clear is missing, and "
		    "could come in the midst of the handshake");
	}
	e = upgrade(c);
	return e == 0 ? ping_repeatedly(c, count) : e;
}

int
conversation_speak_pingtls(struct conversation *c)
{
	/* Its pages are touched only as far as it is used, and not at all by
	 * other services. */
	static struct unanswered_ping queue[CONVERSATION_UNANSWERED_MAX];
	int e;

	c->queue = queue;
	e = speak(c);
	if (e != CONVERSATION_FAILED && !c->upgrading)
		(void)stream_write(c->stream, QUIT_LINE, strlen(QUIT_LINE));
	return e;
}
