/*
 * The client's handshake, the explanation of its failures, and checks of the
 * certificate in addition to its verification.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/printable.h"
#include "client/conversation_internal.h"

/* Joins the problems of a certificate to one line. */
static void
join_problems(const char *list, char *line, size_t size)
{
	size_t used = 0;

	for (; *list != '\0' && used + 3 < size; list++)
		if (*list == '\n') {
			line[used++] = ';';
			line[used++] = ' ';
		} else
			line[used++] = *list;
	line[used] = '\0';
	if (*list != '\0')
		printable_mark_cut(line, used + 1, used + 1);
}

static int
not_verified(struct conversation *c)
{
	enum reason reason = verify_reason(c->setup->verifier);
	/* The message has room for advice as well. */
	char problems[OUTCOME_MESSAGE_MAX - 128];

	join_problems(c->outcome->problems, problems, sizeof(problems));
	return conversation_fail(c,
	    reason == REASON_NONE ? REASON_VALIDATION_FAILURE : reason,
	    "certificate not verified: %s", problems);
}

/* Explains a handshake of `octets` from the server that took too long. */
static int
stopped_half_way(struct conversation *c, size_t octets, int64_t began)
{
	int64_t now = deadline_now();
	int64_t silence = now - stream_handshake_heard(c->stream);

	if (silence < (now - began) / 2)
		return conversation_fail(c, REASON_TIMEOUT,
		    "the server is slow in the handshake: %zu octets came "
		    "within %.1f s, and it was not done",
		    octets, (double)(now - began) / 1e9);
	return conversation_fail(c, REASON_TIMEOUT,
	    "the handshake stopped half way: %zu octets of the server's came, "
	    "then none within %.1f s; large packets may be lost on the way "
	    "(MTU)",
	    octets, (double)silence / 1e9);
}

/* Explains a handshake that timed out. */
static int
timed_out(struct conversation *c, int64_t began)
{
	double seconds = (double)(deadline_now() - began) / 1e9;
	size_t octets = stream_handshake_octets(c->stream);

	if (control_was_suspended(began))
		return conversation_fail(c, REASON_TIMEOUT,
		    "the handshake's time passed while this process was "
		    "stopped");
	if (control_is_over(c->setup->control))
		return conversation_fail(c, REASON_TIMEOUT,
		    "the deadline was over in the handshake, %.1f s after it "
		    "began and %zu octets of the server's came",
		    seconds, octets);
	if (octets > 0)
		return stopped_half_way(c, octets, began);
	if (c->setup->target->service != NULL)
		return conversation_fail(c, REASON_TIMEOUT,
		    "the server did not answer the handshake within %.1f s",
		    seconds);
	return conversation_fail(c, REASON_TIMEOUT,
	    "the server took STARTTLS but did not answer the handshake within "
	    "%.1f s; if it is one that loses a ClientHello which reaches it "
	    "together with STARTTLS, as asyncio's does, a %s"
	    "--starttls-delay helps",
	    seconds, c->options->starttls_delay_ms > 0 ? "longer " : "");
}

/* Explains clear text instead of TLS. */
static int
clear_text(struct conversation *c)
{
	const char *said = stream_cleartext(c->stream);

	switch (c->outcome->starttls.mode) {
	case OUTCOME_IMPLICIT_MODE:
		return conversation_fail(c, REASON_PROTOCOL,
		    "the server speaks clear text first, not TLS; is this a "
		    "port for STARTTLS? \"%s\" (in the clear, from anyone)",
		    said);
	default:
		return conversation_fail(c, REASON_CLEAR_TEXT_AFTER_STARTTLS,
		    "the server sent clear text after STARTTLS%s: \"%s\"",
		    c->setup->target->service == NULL ? ", which has no reply"
						      : "",
		    said);
	}
}

/* Explains a handshake that began at `began` and failed. */
static int
explain_handshake(struct conversation *c, int error, int64_t began)
{
	gnutls_session_t session = stream_tls(c->stream);
	int broken = errno;

	switch (error) {
	case STREAM_CANCELLED:
		control_take(c->setup->control);
		return CONVERSATION_STOPPED;
	case STREAM_CLEARTEXT:
		return clear_text(c);
	case STREAM_TRUNCATED:
	case STREAM_EOF:
		return conversation_fail(c, REASON_CLOSED,
		    "the server closed the connection during the handshake");
	case STREAM_TIMEOUT:
		return timed_out(c, began);
	case STREAM_TLS:
		if (stream_tls_error(c->stream) ==
		    GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
			return not_verified(c);
		if (stream_tls_error(c->stream) ==
		    GNUTLS_E_FATAL_ALERT_RECEIVED)
			return conversation_fail(c, REASON_HANDSHAKE,
			    "handshake: %s (alert %d)",
			    stream_strerror(c->stream, error),
			    (int)gnutls_alert_get(session));
		break;
	default:
		break;
	}
	errno = broken;
	return conversation_broken(c, "handshake", error);
}

static void
copy_word(char *to, const char *from)
{
	snprintf(to, OUTCOME_WORD_MAX, "%s", from == NULL ? "" : from);
}

static void
note_tls(struct conversation *c)
{
	gnutls_session_t session = stream_tls(c->stream);
	struct outcome_tls *tls = &c->outcome->tls;
	gnutls_datum_t alpn;

	/* Before a ServerHello, GnuTLS names a version of its own; it names the
	 * suite only once the handshake is done. */
	if (session == NULL || (gnutls_ciphersuite_get(session) == NULL &&
				   (int)gnutls_handshake_get_last_in(session) <
				       (int)GNUTLS_HANDSHAKE_SERVER_HELLO))
		return;
	copy_word(tls->version,
	    gnutls_protocol_get_name(gnutls_protocol_get_version(session)));
	copy_word(tls->cipher, gnutls_ciphersuite_get(session));
	copy_word(tls->group, gnutls_group_get_name(gnutls_group_get(session)));
	if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0)
		snprintf(tls->alpn, sizeof(tls->alpn), "%.*s", (int)alpn.size,
		    alpn.data);
}

/* True if one of the pins, "sha256//BASE64;..." as in curl, matches. */
static bool
pin_fits(const char *pins, const char *pin)
{
	static const char prefix[] = "sha256//";
	size_t length = strlen(pin);

	while (*pins != '\0') {
		size_t size = strcspn(pins, ";");

		if (size == sizeof(prefix) - 1 + length &&
		    strncmp(pins, prefix, sizeof(prefix) - 1) == 0 &&
		    strncmp(pins + sizeof(prefix) - 1, pin, length) == 0)
			return true;
		pins += size;
		pins += *pins == ';';
	}
	return false;
}

/* Checks what did not end the handshake: the verification if that was not to,
 * pins and --min-days. */
static int
check_certificate(struct conversation *c)
{
	struct outcome *o = c->outcome;
	const struct outcome_certificate *seen = &o->certificate;
	int64_t end =
	    seen->chain_not_after > 0 ? seen->chain_not_after : seen->not_after;
	int64_t days = (end - time(NULL)) / DATE_SECONDS_A_DAY;

	if (o->verified != OUTCOME_YES && !c->options->verify.insecure)
		return not_verified(c);
	/* Only the authenticated server shows that its offer was stripped. */
	if (o->starttls.offered == OUTCOME_NO && o->verified == OUTCOME_YES)
		return conversation_fail(c, REASON_STARTTLS_STRIPPED,
		    "the server takes STARTTLS, but it was not among its "
		    "capabilities: somebody may remove it on the way");
	if (c->options->pins != NULL) {
		o->pin = pin_fits(c->options->pins, seen->spki_sha256)
		             ? OUTCOME_YES
		             : OUTCOME_NO;
		if (o->pin == OUTCOME_NO)
			return conversation_fail(c, REASON_PIN_MISMATCH,
			    "no pin of --pinnedpubkey fits the server's key, "
			    "sha256//%s",
			    seen->spki_sha256);
	}
	if (c->options->min_days > 0 && days < (int64_t)c->options->min_days)
		return conversation_fail(c, REASON_CERTIFICATE_EXPIRES_SOON,
		    "certificate %s ends in %lld days, fewer than --min-days",
		    seen->chain_not_after > 0 ? seen->chain_ends
					      : seen->subject,
		    (long long)days);
	return 0;
}

int
conversation_shake_hands(struct conversation *c)
{
	const struct service *service = c->setup->target->service;
	gnutls_session_t session;
	int64_t began = deadline_now();
	int code, error;

	c->server = (struct verify_server){
	    .name = c->setup->tlsa_base != NULL && !c->options->has_verify_name
	                ? c->setup->tlsa_base
	                : c->name,
	    .alpn = service == NULL ? NULL : service->alpn,
	    .records = c->setup->records,
	    .record_count = c->setup->record_count,
	    .without_pkix = service != NULL && service->dane_without_pkix,
	    .complete_handshake =
		service != NULL && service->complete_handshake,
	};
	session =
	    verify_session(c->setup->verifier, &c->server, c->outcome, &code);
	if (session == NULL)
		return conversation_fail(c, REASON_SYSTEM,
		    "cannot begin a handshake: %s", gnutls_strerror(code));
	stream_set_deadline(
	    c->stream, conversation_step(c, c->options->timeout_ms));
	error = stream_upgrade(c->stream, session);
	note_tls(c);
	if (error != 0)
		return explain_handshake(c, error, began);
	c->outcome->phase_ns[OUTCOME_TLS] = deadline_now() - began;
	c->stage = OUTCOME_OVER_TLS;
	if (REPORTER_TELL(c->setup->reporter, upgraded, c->outcome) == -1)
		return CONVERSATION_STOPPED;
	return check_certificate(c);
}
