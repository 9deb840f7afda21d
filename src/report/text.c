#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/text_internal.h"

/* Formats the address without its port and its brackets. */
static void
format_host(const struct outcome *o, char *host, size_t size)
{
	const char *colon = strrchr(o->address, ':');
	int length =
	    colon == NULL ? (int)strlen(o->address) : (int)(colon - o->address);
	int bracket = o->address[0] == '[';

	snprintf(
	    host, size, "%.*s", length - 2 * bracket, o->address + bracket);
}

static int
text_connected(void *context, const struct outcome *o)
{
	struct text_report *t = context;
	char target[OUTCOME_TARGET_MAX];

	/* Only the first of several conversations shows it. */
	if (o->sequence > 1)
		return 0;
	text_about(t, o);
	text_say(t, "PINGTLS %s (%s%s): connected in %.3f ms",
	    text_is_ours(o) ? o->host : outcome_show_target(o, target),
	    o->proxy[0] == '\0' ? "" : "through the proxy ", o->address,
	    (double)o->phase_ns[OUTCOME_CONNECT] * TEXT_MS_PER_NS);
	if (t->options->verbose && o->unconfined[0] != '\0')
		text_say(
		    t, "its process is not confined by: %s", o->unconfined);
	return t->out->error == 0 ? 0 : -1;
}

/* With a conversation for each ping, a ping has its number. */
static uint64_t
number_of(const struct text_report *t, const struct outcome *o, uint64_t ping)
{
	return text_is_one_ping(t, o) ? o->sequence : ping;
}

static int
text_answered(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence, int64_t ns)
{
	struct text_report *t = context;
	char host[OUTCOME_ADDRESS_MAX];

	if (t->options->quiet)
		return 0;
	text_about(t, o);
	format_host(o, host, sizeof(host));
	return text_say(t, "PONG from %s %s: seq=%" PRIu64 " time=%.3f ms",
	    host, text_stage[stage], number_of(t, o, sequence),
	    (double)ns * TEXT_MS_PER_NS);
}

static int
text_unanswered(void *context, const struct outcome *o,
    enum outcome_stage stage, uint64_t sequence)
{
	struct text_report *t = context;
	char host[OUTCOME_ADDRESS_MAX], seconds[32];

	if (t->options->quiet)
		return 0;
	text_about(t, o);
	format_host(o, host, sizeof(host));
	text_format_number(
	    (double)t->options->timeout_ms / 1e3, 3, seconds, sizeof(seconds));
	return text_say(t, "no answer from %s %s: seq=%" PRIu64 " within %s s",
	    host, text_stage[stage], number_of(t, o, sequence), seconds);
}

static void
show_tls(struct text_report *t, const struct outcome *o)
{
	char took[32] = "failed";

	if (o->tls.version[0] == '\0')
		return;
	if (o->phase_ns[OUTCOME_TLS] != OUTCOME_NOT_REACHED)
		snprintf(took, sizeof(took), "%.3f ms",
		    (double)o->phase_ns[OUTCOME_TLS] * TEXT_MS_PER_NS);
	text_say(t, "%s: %s%s%s, handshake %s",
	    o->starttls.mode == OUTCOME_IMPLICIT_MODE ? "TLS" : "STARTTLS",
	    o->tls.version, o->tls.cipher[0] == '\0' ? "" : " ", o->tls.cipher,
	    took);
}

static int
text_upgraded(void *context, const struct outcome *o)
{
	struct text_report *t = context;

	if (o->repeated)
		return 0;
	text_about(t, o);
	if (t->options->verbose && o->starttls.reply[0] != '\0')
		text_say(
		    t, "in the clear, from anyone: \"%s\"", o->starttls.reply);
	show_tls(t, o);
	text_show_certificate(t, o);
	if (t->options->verify.insecure)
		text_show_problems(t, o);
	return t->out->error == 0 ? 0 : -1;
}

/* The line of a successful conversation, like ping's, with its phases. */
static int
show_conversation(struct text_report *t, const struct outcome *o)
{
	char host[OUTCOME_ADDRESS_MAX], phases[256] = "";
	size_t used = 0;

	for (int i = 0; i < OUTCOME_TOTAL; i++)
		if (o->phase_ns[i] != OUTCOME_NOT_REACHED)
			used += (size_t)snprintf(phases + used,
			    sizeof(phases) - used, "%s%s %.3f",
			    used == 0 ? "" : ", ", outcome_phase_names[i],
			    (double)o->phase_ns[i] * TEXT_MS_PER_NS);
	format_host(o, host, sizeof(host));
	return text_say(t, "%s from %s: seq=%" PRIu64 " time=%.3f ms (%s)",
	    o->service, host, o->sequence,
	    (double)o->phase_ns[OUTCOME_TOTAL] * TEXT_MS_PER_NS, phases);
}

static int
text_ended(void *context, const struct outcome *o)
{
	struct text_report *t = context;
	char target[OUTCOME_TARGET_MAX];

	text_about(t, o);
	if (o->message[0] != '\0') {
		/* The facts known in spite of the failure. */
		if (o->phase_ns[OUTCOME_TLS] == OUTCOME_NOT_REACHED) {
			show_tls(t, o);
			text_show_certificate(t, o);
		}
		output_line(t->errors, "pingtls: %s: %s",
		    outcome_show_target(o, target), o->message);
	}
	if (t->options->verbose && o->remark[0] != '\0')
		text_say(t, "%s", o->remark);
	if (o->ok && text_is_one_ping(t, o) && !t->options->quiet)
		return show_conversation(t, o);
	return t->out->error == 0 ? 0 : -1;
}

struct reporter
text_reporter(struct text_report *t)
{
	return (struct reporter){
	    .context = t,
	    .connected = text_connected,
	    .answered = text_answered,
	    .unanswered = text_unanswered,
	    .upgraded = text_upgraded,
	    .ended = text_ended,
	    .asked = text_asked,
	    .summary = text_summary,
	};
}
