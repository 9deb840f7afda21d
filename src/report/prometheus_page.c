#include "report/prometheus_page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/reason.h"

struct page {
	FILE *file;
	const struct prometheus_target *targets;
	size_t count;
};

/* The value of a label, quoted as the format requires. */
static void
print_quoted(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text != '\0'; text++)
		switch (*text) {
		case '\n':
			fputs("\\n", f);
			break;
		case '"':
		case '\\':
			putc('\\', f);
			/* fall through */
		default:
			putc(*text, f);
		}
	putc('"', f);
}

static void
print_label(const struct page *p, const char *name, const char *value)
{
	fprintf(p->file, ",%s=", name);
	print_quoted(p->file, value);
}

/* The name and the labels that every sample has; the caller adds others, and
 * the value. */
static void
begin_sample(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	fprintf(p->file, "%s{target=", name);
	print_quoted(p->file, t->target);
	print_label(p, "service", t->last.service);
	if (t->address[0] != '\0')
		print_label(p, "address", t->address);
}

static void
end_integer(const struct page *p, int64_t value)
{
	fprintf(p->file, "} %" PRId64 "\n", value);
}

static void
end_seconds(const struct page *p, double ns)
{
	fprintf(p->file, "} %.9f\n", ns / 1e9);
}

/* Printed even if no sample follows: the text must be the same in all files. */
static void
describe_gauge(const struct page *p, const char *name, const char *help)
{
	fprintf(p->file, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A metric with an integer for each target; `value` returns false where it is
 * unknown. */
static void
print_integers(const struct page *p, const char *name, const char *help,
    bool (*value)(const struct prometheus_target *, int64_t *))
{
	int64_t number;

	describe_gauge(p, name, help);
	for (size_t i = 0; i < p->count; i++)
		if (p->targets[i].connections > 0 &&
		    value(&p->targets[i], &number)) {
			begin_sample(p, name, &p->targets[i]);
			end_integer(p, number);
		}
}

/* A metric of which `print` prints the samples of a target. */
static void
print_samples(const struct page *p, const char *name, const char *help,
    void (*print)(
	const struct page *, const char *, const struct prometheus_target *))
{
	describe_gauge(p, name, help);
	for (size_t i = 0; i < p->count; i++)
		if (p->targets[i].connections > 0)
			print(p, name, &p->targets[i]);
}

static bool
success(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.ok;
	return true;
}

static bool
connections(const struct prometheus_target *t, int64_t *value)
{
	*value = (int64_t)t->connections;
	return true;
}

static bool
connections_failed(const struct prometheus_target *t, int64_t *value)
{
	*value = (int64_t)t->failed;
	return true;
}

static bool
starttls_offered(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.starttls.offered == OUTCOME_YES;
	return t->last.starttls.offered != OUTCOME_UNKNOWN;
}

static bool
verified(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.verified == OUTCOME_YES;
	return t->last.verified != OUTCOME_UNKNOWN;
}

static bool
dane_verified(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.dane == OUTCOME_DANE_VERIFIED;
	return t->last.dane != OUTCOME_DANE_NONE;
}

static bool
not_before(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.certificate.not_before;
	return t->last.certificate.seen;
}

static bool
not_after(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.certificate.not_after;
	return t->last.certificate.seen;
}

static bool
chain_not_after(const struct prometheus_target *t, int64_t *value)
{
	*value = t->last.certificate.chain_not_after;
	return *value != 0;
}

static bool
last_ended(const struct prometheus_target *t, int64_t *value)
{
	*value = t->ended;
	return true;
}

static void
print_failure(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	const struct outcome *o = &t->last;
	const char *token = reason_token(o->reason);

	if (o->ok || token == NULL)
		return;
	begin_sample(p, name, t);
	print_label(p, "reason", token);
	end_integer(p, 1);
}

static void
print_phases(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	const struct outcome *o = &t->last;

	for (size_t phase = 0; phase < OUTCOME_PHASES; phase++) {
		if (o->phase_ns[phase] == OUTCOME_NOT_REACHED)
			continue;
		begin_sample(p, name, t);
		print_label(p, "phase", outcome_phase_names[phase]);
		end_seconds(p, (double)o->phase_ns[phase]);
	}
}

static void
print_tls(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	const struct outcome *o = &t->last;

	if (o->tls.version[0] == '\0')
		return;
	begin_sample(p, name, t);
	print_label(p, "version", o->tls.version);
	print_label(p, "cipher", o->tls.cipher);
	print_label(p, "group", o->tls.group);
	end_integer(p, 1);
}

static void
print_certificate(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	const struct outcome *o = &t->last;

	if (!o->certificate.seen)
		return;
	begin_sample(p, name, t);
	print_label(p, "subject", o->certificate.subject);
	print_label(p, "issuer", o->certificate.issuer);
	print_label(p, "serial", o->certificate.serial);
	print_label(p, "sha256", o->certificate.sha256);
	end_integer(p, 1);
}

/* A figure of the answers to our own protocol's pings, for each stage. */
static void
print_stages(const struct page *p, const char *name,
    const struct prometheus_target *t, double (*figure)(const struct times *))
{
	static const char *const stages[OUTCOME_STAGES] = {
	    [OUTCOME_CLEAR] = "clear", [OUTCOME_OVER_TLS] = "tls"};

	for (size_t stage = 0; stage < OUTCOME_STAGES; stage++) {
		const struct times *answers = &t->last.pings[stage].answers;

		if (answers->count == 0)
			continue;
		begin_sample(p, name, t);
		print_label(p, "stage", stages[stage]);
		end_seconds(p, figure(answers));
	}
}

static double
least(const struct times *t)
{
	return (double)t->min;
}

static double
most(const struct times *t)
{
	return (double)t->max;
}

static void
print_least(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	print_stages(p, name, t, least);
}

static void
print_mean(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	print_stages(p, name, t, times_mean);
}

static void
print_most(
    const struct page *p, const char *name, const struct prometheus_target *t)
{
	print_stages(p, name, t, most);
}

static void
print_page(const struct page *p)
{
	print_integers(p, "pingtls_success",
	    "Whether the last conversation was a success.", success);
	print_samples(p, "pingtls_failure_info",
	    "The reason for which the last conversation failed.",
	    print_failure);
	print_samples(p, "pingtls_duration_seconds",
	    "Duration of each phase of the last conversation.", print_phases);
	print_integers(p, "pingtls_connections",
	    "Number of conversations in this run.", connections);
	print_integers(p, "pingtls_connections_failed",
	    "Number of those that failed.", connections_failed);
	print_integers(p, "pingtls_starttls_offered",
	    "Whether the server offered STARTTLS.", starttls_offered);
	print_integers(p, "pingtls_verified",
	    "Whether the certificate was verified.", verified);
	print_samples(p, "pingtls_tls_info",
	    "The TLS session of the last conversation.", print_tls);
	print_integers(p, "pingtls_certificate_not_before_timestamp_seconds",
	    "Start of the certificate's validity.", not_before);
	print_integers(p, "pingtls_certificate_not_after_timestamp_seconds",
	    "End of the certificate's validity.", not_after);
	print_integers(p, "pingtls_chain_not_after_timestamp_seconds",
	    "Earliest end of validity in the verified chain.", chain_not_after);
	print_samples(p, "pingtls_certificate_info",
	    "The certificate, verified or not.", print_certificate);
	print_integers(p, "pingtls_dane_verified",
	    "Whether a TLSA record matched.", dane_verified);
	print_samples(p, "pingtls_ping_rtt_min_seconds",
	    "Shortest round trip of a PING.", print_least);
	print_samples(p, "pingtls_ping_rtt_avg_seconds",
	    "Mean round trip of a PING.", print_mean);
	print_samples(p, "pingtls_ping_rtt_max_seconds",
	    "Longest round trip of a PING.", print_most);
	print_integers(p, "pingtls_last_run_timestamp_seconds",
	    "End of the last conversation.", last_ended);
}

char *
prometheus_page(
    const struct prometheus_target *targets, size_t count, size_t *size)
{
	char *text = NULL;
	struct page page = {
	    .file = open_memstream(&text, size),
	    .targets = targets,
	    .count = count,
	};

	if (page.file == NULL)
		return NULL;
	print_page(&page);
	if (fclose(page.file) == 0)
		return text;
	free(text);
	return NULL;
}
