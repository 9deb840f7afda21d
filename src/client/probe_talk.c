/*
 * The last step of a probe: the process of the conversation, and what it tells.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/direct_calls.h"
#include "client/probe_internal.h"

/* How much longer than it should take the process is left alone. */
#define PATIENCE_MS 2000

/* How long the process may be silent; of a service, how long it may take. */
static deadline
patience(const struct probe *p)
{
	const struct ping_options *o = p->setup.options;

	if (p->setup.end != DEADLINE_NEVER)
		return deadline_after(p->setup.end, PATIENCE_MS);
	return deadline_in(4 * o->timeout_ms + o->interval_ms +
			   o->starttls_delay_ms + CONVERSATION_LINGER_MS +
			   PATIENCE_MS);
}

/* True unless all that verifies the server are records of its own key or
 * certificate, which need no chain (RFC 7671, 5.1). */
static bool
needs_authorities(const struct conversation_setup *s)
{
	for (size_t i = 0; i < s->record_count; i++)
		if (s->records[i].usage != TLSA_DANE_EE)
			return true;
	return s->record_count == 0;
}

void
probe_talk(struct probe *p)
{
	struct outcome *o = &p->last.outcome;
	const struct resolved_address *a = dial_address(&p->dial);

	o->phase_ns[OUTCOME_CONNECT] = deadline_now() - p->began;
	address_format(
	    (const struct sockaddr *)&a->address, a->length, o->address);
	if (p->setup.verifier != NULL && needs_authorities(&p->setup))
		verify_prepare(p->setup.verifier);
	if (conversation_process_start(&p->process, &p->setup, p->sandbox,
		p->dial.fd, o->starttls.mode) == -1) {
		probe_fail(p, REASON_SYSTEM, "cannot start a process: %s",
		    strerror(errno));
		return;
	}
	p->state = PROBE_TALKING;
	p->until = patience(p);
}

/* Whether TLS and the certificate are those of the conversation before. */
static bool
is_repeated(const struct probe *p)
{
	const struct outcome *o = &p->last.outcome, *before = p->previous;

	return before != NULL &&
	       strcmp(o->tls.version, before->tls.version) == 0 &&
	       strcmp(o->tls.cipher, before->tls.cipher) == 0 &&
	       strcmp(o->certificate.sha256, before->certificate.sha256) == 0;
}

static void
tell(struct probe *p)
{
	const struct reporter *reporter = p->setup.reporter;
	const struct record *r = &p->last;
	const struct outcome *o = &r->outcome;
	int said = 0;

	switch (r->event) {
	case RECORD_CONNECTED:
		said = REPORTER_TELL(reporter, connected, o);
		break;
	case RECORD_SENT:
		said = REPORTER_TELL(reporter, sent, o, r->stage, r->sequence);
		break;
	case RECORD_ANSWERED:
		said = REPORTER_TELL(
		    reporter, answered, o, r->stage, r->sequence, r->ns);
		break;
	case RECORD_UNANSWERED:
		said = REPORTER_TELL(
		    reporter, unanswered, o, r->stage, r->sequence);
		break;
	case RECORD_UPGRADED:
		p->last.outcome.repeated = is_repeated(p);
		said = REPORTER_TELL(reporter, upgraded, o);
		break;
	default:
		break;
	}
	if (said == -1)
		p->unread = true;
}

/* The process ended, or was ended, without its last record. */
static void
lost(struct probe *p, const char *what)
{
	int status = conversation_process_end(&p->process);

	p->state = PROBE_ENDED;
	if (what == NULL && WIFSIGNALED(status))
		probe_fail(p, REASON_SYSTEM,
		    "the process of this conversation was ended by signal %d "
		    "(%s)",
		    WTERMSIG(status), sandbox_signal_text(WTERMSIG(status)));
	else
		probe_fail(p, REASON_SYSTEM,
		    "the process of this conversation %s",
		    what == NULL ? "ended without a result" : what);
}

void
probe_listen(struct probe *p)
{
	struct record *heard = &p->heard;
	ssize_t n = direct_recv(p->process.channel, heard, sizeof(*heard),
	    MSG_DONTWAIT | MSG_TRUNC);

	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		if (deadline_now() < p->until)
			return;
		/* Time in which it could not run is not its own. */
		if (control_was_suspended(p->began)) {
			p->began = deadline_now() + INT64_C(1000000000);
			p->until = deadline_in(PATIENCE_MS);
			return;
		}
		lost(p, "does not end");
		return;
	}
	if (n <= 0) {
		lost(p, NULL);
		return;
	}
	if (record_parse(heard, (size_t)n, &p->last, p->setup.count) == -1) {
		lost(p, "sent what cannot be true: the server may have taken "
			"it over");
		return;
	}
	p->last = *heard;
	p->until = patience(p);
	tell(p);
	if (p->last.event == RECORD_ENDED)
		probe_finish(p);
}
