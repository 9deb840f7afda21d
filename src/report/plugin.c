#include "report/plugin.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/date.h"

#define NS_A_SECOND INT64_C(1000000000)

/* Prints text, in which "|" would begin the performance data. */
static void __attribute__((format(printf, 2, 3)))
print_text(FILE *f, const char *format, ...)
{
	char text[2 * OUTCOME_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (const char *c = text; *c != '\0'; c++)
		putc(*c == '|' ? '/' : *c, f);
}

/* Computes the whole days until the first certificate of the chain ends.
 * Returns false if none was seen. */
static bool
days_left(const struct outcome *o, long *days)
{
	const struct outcome_certificate *c = &o->certificate;
	int64_t end = c->not_after;

	if (!c->seen)
		return false;
	if (c->chain_not_after != 0 && c->chain_not_after < end)
		end = c->chain_not_after;
	*days = (long)floor(
	    (double)(end - o->at / NS_A_SECOND) / DATE_SECONDS_A_DAY);
	return true;
}

static bool
threshold_alerts(const struct plugin_range *r, double value)
{
	return r->text[0] != '\0' && range_alerts(&r->range, value);
}

/* Failures that say nothing about the server. */
static bool
is_our_own_failure(const struct outcome *o)
{
	return o->reason == REASON_NONE || o->reason == REASON_INTERRUPTED ||
	       o->reason == REASON_SYSTEM;
}

static enum plugin_status
judge_outcome(const struct outcome *o, const struct plugin_thresholds *t)
{
	double seconds = (double)o->phase_ns[OUTCOME_TOTAL] / 1e9;
	long days;
	bool known = days_left(o, &days);

	if (!o->ok)
		return is_our_own_failure(o) ? PLUGIN_UNKNOWN : PLUGIN_CRITICAL;
	if (threshold_alerts(&t->critical, seconds) ||
	    (known && days < t->critical_days))
		return PLUGIN_CRITICAL;
	if (threshold_alerts(&t->warning, seconds) ||
	    (known && days < t->warning_days))
		return PLUGIN_WARNING;
	return PLUGIN_OK;
}

/* What a person reads: the cause, or what was found. */
static void
print_findings(FILE *f, const struct outcome *o)
{
	const char *words = reason_words(o->reason);
	long days;

	print_text(f, "%s %s:%u ", o->service, o->host, o->port);
	if (!o->ok) {
		if (o->message[0] != '\0')
			words = o->message;
		print_text(f, "%s", words != NULL ? words : "not tried");
		return;
	}
	print_text(f, "%s verified", o->tls.version);
	if (days_left(o, &days))
		print_text(
		    f, ", %ld %s left", days, days == 1 ? "day" : "days");
	print_text(f, ", %.3f s", (double)o->phase_ns[OUTCOME_TOTAL] / 1e9);
}

/* A label and its value in seconds; "U" where that is unknown. */
static void
print_seconds(FILE *f, const char *label, int64_t ns)
{
	if (ns == OUTCOME_NOT_REACHED)
		fprintf(f, "%s=U", label);
	else
		fprintf(f, "%s=%.6fs", label, (double)ns / 1e9);
}

/* A threshold of days as a range: fewer are cause for an alert. */
static void
print_days(FILE *f, long days)
{
	if (days >= 0)
		fprintf(f, ";%ld:", days);
	else
		fprintf(f, ";");
}

static void
print_performance(
    FILE *f, const struct outcome *o, const struct plugin_thresholds *t)
{
	long days;

	print_seconds(f, "time", o->phase_ns[OUTCOME_TOTAL]);
	fprintf(f, ";%s;%s;0;%" PRId64, t->warning.text, t->critical.text,
	    t->timeout_ms / 1000);
	if (t->timeout_ms % 1000 != 0)
		fprintf(f, ".%03d", (int)(t->timeout_ms % 1000));
	putc(' ', f);
	print_seconds(f, "tls", o->phase_ns[OUTCOME_TLS]);
	fprintf(f, ";;;0 ");
	if (days_left(o, &days))
		fprintf(f, "days=%ld", days);
	else
		fprintf(f, "days=U");
	print_days(f, t->warning_days);
	print_days(f, t->critical_days);
}

enum plugin_status
plugin_print(
    FILE *f, const struct outcome *o, const struct plugin_thresholds *t)
{
	static const char *const words[] = {
	    [PLUGIN_OK] = "OK",
	    [PLUGIN_WARNING] = "WARNING",
	    [PLUGIN_CRITICAL] = "CRITICAL",
	    [PLUGIN_UNKNOWN] = "UNKNOWN",
	};
	enum plugin_status status = judge_outcome(o, t);

	fprintf(f, "%s %s - ",
	    o->starttls.mode == OUTCOME_IMPLICIT_MODE ? "TLS" : "STARTTLS",
	    words[status]);
	print_findings(f, o);
	putc('|', f);
	print_performance(f, o, t);
	putc('\n', f);
	return status;
}

void
plugin_print_details(FILE *f, const struct outcome *o)
{
	const struct outcome_certificate *c = &o->certificate;

	if (o->unconfined[0] != '\0')
		print_text(
		    f, "its process is not confined by: %s\n", o->unconfined);
	if (o->starttls.reply[0] != '\0')
		print_text(f, "in the clear, from anyone: \"%s\"\n",
		    o->starttls.reply);
	if (o->tls.version[0] != '\0')
		print_text(f, "%s %s\n", o->tls.version, o->tls.cipher);
	if (c->seen)
		print_text(f,
		    "certificate: %s, issued by %s\n"
		    "public key pin sha256//%s\nTLSA record %s\n",
		    c->subject, c->issuer, c->spki_sha256, c->tlsa);
	if (o->remark[0] != '\0')
		print_text(f, "%s\n", o->remark);
}

void
plugin_print_unknown(FILE *f, const char *why)
{
	print_text(f, "STARTTLS UNKNOWN - %s\n", why);
}
