/*
 * Advice on what to do about a failure, if there is any in general: an option,
 * or a setting of the server.
 */
#include <stdio.h>
#include <string.h>

#include "client/conversation_internal.h"

static const char *
about_alert(const struct conversation *c)
{
	if (stream_tls_error(c->stream) != GNUTLS_E_FATAL_ALERT_RECEIVED)
		return "";
	switch (gnutls_alert_get(stream_tls(c->stream))) {
	case GNUTLS_A_HANDSHAKE_FAILURE:
	case GNUTLS_A_PROTOCOL_VERSION:
	case GNUTLS_A_INSUFFICIENT_SECURITY:
		return "no version or cipher suite in common? --priority "
		       "offers others";
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
	case GNUTLS_A_UNKNOWN_CA:
	case GNUTLS_A_CERTIFICATE_REQUIRED:
		return c->options->verify.certificate_file == NULL
		           ? "--client-cert shows it a certificate"
		           : "that of --client-cert is refused";
	case GNUTLS_A_UNRECOGNIZED_NAME:
		return "--verify-name=NAME asks for another name";
	default:
		return "";
	}
}

static const char *
about_expiry(const struct outcome *o)
{
	static const char authority[] = "trusted authority's";

	return strncmp(o->problems, authority, sizeof(authority) - 1) == 0
	           ? "--ca-file=FILE trusts other authorities"
	           : "the server needs a new one";
}

static const char *
about_validation(const struct outcome *o)
{
	return strstr(o->problems, "OCSP response") != NULL
	           ? "the server has to staple a good one"
	           : "the server needs another one";
}

/* True if the server sent no octet of the greeting that it should have. */
static bool
no_greeting(const struct conversation *c)
{
	const struct service *s = c->setup->target->service;
	const int64_t *ns = c->outcome->phase_ns;
	bool reached =
	    !c->options->has_proxy || ns[OUTCOME_PROXY] != OUTCOME_NOT_REACHED;

	return reached && s != NULL && !s->implicit && s->greeting != NULL &&
	       ns[OUTCOME_GREETING] == OUTCOME_NOT_REACHED &&
	       !exchange_reply_begun(&c->exchange);
}

static void
advise_on_timeout(const struct conversation *c, char *text, size_t size)
{
	const struct service *service = c->setup->target->service;

	if (control_is_over(c->setup->control))
		return;
	if (no_greeting(c))
		snprintf(text, size, "is it a port for %s://?",
		    service_implicit(service)->name);
	/* A handshake that stopped half way has other causes. */
	else if (service != NULL && stream_handshake_octets(c->stream) == 0)
		snprintf(text, size, "-W waits longer");
}

/* The advice on a reason that needs no names put into it, or "". */
static const char *
constant_advice(const struct conversation *c)
{
	switch (c->outcome->reason) {
	case REASON_STARTTLS_REFUSED:
		return "the server's log may say why";
	case REASON_CLEAR_TEXT_AFTER_STARTTLS:
		return "somebody on the way may have sent it";
	case REASON_HANDSHAKE:
		return about_alert(c);
	case REASON_CERTIFICATE_NOT_TRUSTED:
		return "--ca-file=FILE trusts other authorities";
	case REASON_CERTIFICATE_HOST_MISMATCH:
		return "--verify-name=NAME expects another name";
	case REASON_CERTIFICATE_EXPIRED:
		return about_expiry(c->outcome);
	case REASON_CERTIFICATE_NOT_YET_VALID:
		return "is the clock here right?";
	case REASON_CERTIFICATE_REVOKED:
		return "the server needs another one";
	case REASON_VALIDATION_FAILURE:
		return about_validation(c->outcome);
	default:
		return "";
	}
}

/* Writes the advice without its brackets, or nothing. */
static void
advise(const struct conversation *c, char *text, size_t size)
{
	const struct service *service = c->setup->target->service;

	switch (c->outcome->reason) {
	case REASON_STARTTLS_NOT_SUPPORTED:
		if (service->setting != NULL)
			snprintf(
			    text, size, "in %s enables it", service->setting);
		break;
	case REASON_PROTOCOL:
		if (c->tls_at_once)
			snprintf(text, size, "%s:// is for such ports",
			    service_implicit(service)->name);
		break;
	case REASON_TIMEOUT:
		advise_on_timeout(c, text, size);
		break;
	default:
		snprintf(text, size, "%s", constant_advice(c));
		break;
	}
}

void
conversation_advise(struct conversation *c)
{
	struct outcome *o = c->outcome;
	char advice[128] = "";
	size_t used = strlen(o->message);

	if (used > 0)
		advise(c, advice, sizeof(advice));
	if (advice[0] != '\0' &&
	    used + strlen(advice) + sizeof(" ()") <= sizeof(o->message))
		snprintf(o->message + used, sizeof(o->message) - used, " (%s)",
		    advice);
}
