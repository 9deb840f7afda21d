#include "report/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "services/reason.h"

#define SECONDS_A_DAY 86400
#define NS_A_SECOND INT64_C(1000000000)
/* What a double holds of a decimal number for certain (DBL_DIG). */
#define DIGITS JSON_REAL_PRECISION(15)

/* "" means unknown. */
static json_t *
text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null()
	                                       : json_string(text);
}

/* Milliseconds, to the microsecond. */
static json_t *
milliseconds(double ns)
{
	return json_real(round(ns / 1e3) / 1e3);
}

static json_t *
answer(enum outcome_answer value)
{
	return value == OUTCOME_UNKNOWN ? json_null()
	                                : json_boolean(value == OUTCOME_YES);
}

/* A point in time (RFC 3339), with milliseconds if `ms` is not negative. */
static json_t *
point_in_time(int64_t seconds, int ms)
{
	time_t when = (time_t)seconds;
	char text[64], fraction[16] = "";
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	if (ms >= 0)
		snprintf(fraction, sizeof(fraction), ".%03d", ms);
	return json_sprintf("%s%sZ", text, fraction);
}

/* The entries of a list, which LFs part. */
static json_t *
list(const char *text)
{
	json_t *array = json_array();
	size_t length;

	for (; array != NULL && *text != '\0'; text += length) {
		length = strcspn(text, "\n");
		if (json_array_append_new(array, json_stringn(text, length)) ==
		    -1) {
			json_decref(array);
			return NULL;
		}
		length += text[length] == '\n';
	}
	return array;
}

static json_t *
phases(const struct outcome *o)
{
	json_t *object = json_object();

	for (size_t i = 0; object != NULL && i < OUTCOME_PHASES; i++) {
		int64_t ns = o->phase_ns[i];

		if (json_object_set_new(object, outcome_phase_names[i],
			ns == OUTCOME_NOT_REACHED
			    ? json_null()
			    : milliseconds((double)ns)) == -1) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *
starttls(const struct outcome_starttls *s)
{
	static const char *const modes[] = {
	    [OUTCOME_STARTTLS_MODE] = "starttls",
	    [OUTCOME_IMPLICIT_MODE] = "implicit",
	    [OUTCOME_PLAIN_MODE] = "plain",
	};

	return json_pack("{s:s, s:o, s:o}", "mode", modes[s->mode], "offered",
	    answer(s->offered), "reply", text_or_null(s->reply));
}

static json_t *
tls(const struct outcome_tls *t)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version",
	    text_or_null(t->version), "cipher", text_or_null(t->cipher),
	    "group", text_or_null(t->group), "alpn", text_or_null(t->alpn));
}

/* Whole days from `at` (nanoseconds) until `not_after`; negative when over. */
static json_t *
days_left(int64_t not_after, int64_t at)
{
	int64_t seconds = not_after - at / NS_A_SECOND;

	return json_integer((json_int_t)floor((double)seconds / SECONDS_A_DAY));
}

static json_t *
certificate(const struct outcome_certificate *c, int64_t at)
{
	if (!c->seen)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
	    "subject", text_or_null(c->subject), "issuer",
	    text_or_null(c->issuer), "names", list(c->names), "matched",
	    text_or_null(c->matched), "serial", text_or_null(c->serial),
	    "not_before", point_in_time(c->not_before, -1), "not_after",
	    point_in_time(c->not_after, -1), "days_left",
	    days_left(c->not_after, at), "key",
	    json_sprintf("%s %u", c->key, c->key_bits), "sha256",
	    text_or_null(c->sha256), "spki_sha256",
	    text_or_null(c->spki_sha256), "chain_not_after",
	    c->chain_not_after == 0 ? json_null()
				    : point_in_time(c->chain_not_after, -1));
}

static json_t *
dane(const struct outcome *o)
{
	if (o->dane == OUTCOME_DANE_NONE)
		return json_null();
	return json_pack("{s:s, s:o}", "status",
	    o->dane == OUTCOME_DANE_VERIFIED ? "verified" : "failed", "record",
	    text_or_null(o->dane_record));
}

/* The object with min, avg, max and mdev; null where there are no times. */
static json_t *
figures(const struct times *t)
{
	if (t->count == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "min",
	    milliseconds((double)t->min), "avg", milliseconds(times_mean(t)),
	    "max", milliseconds((double)t->max), "mdev",
	    milliseconds(times_deviation(t)));
}

/* What one stage's pings came to. */
static json_t *
stage(const struct outcome_pings *p)
{
	return json_pack("{s:I, s:I, s:o}", "sent", (json_int_t)p->sent,
	    "received", (json_int_t)p->answers.count, "ms",
	    figures(&p->answers));
}

static json_t *
pings(const struct outcome *o)
{
	const struct outcome_pings *p = o->pings;

	if (p[OUTCOME_CLEAR].sent == 0 && p[OUTCOME_OVER_TLS].sent == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "clear", stage(&p[OUTCOME_CLEAR]), "tls",
	    stage(&p[OUTCOME_OVER_TLS]));
}

/* One line of text for an object, which is freed; NULL stays NULL. */
static char *
line(json_t *object)
{
	char *text, *longer;
	size_t length;

	if (object == NULL)
		return NULL;
	text = json_dumps(object, JSON_COMPACT | DIGITS);
	json_decref(object);
	if (text == NULL)
		return NULL;
	length = strlen(text);
	longer = realloc(text, length + 2);
	if (longer == NULL) {
		free(text);
		return NULL;
	}
	memcpy(longer + length, "\n", 2);
	return longer;
}

char *
json_connection(const struct outcome *o)
{
	int ms = (int)(o->at % NS_A_SECOND / 1000000);

	return line(json_pack(
	    "{s:s, s:I, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:b, s:o, s:o, "
	    "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "type", "connection", "seq", (json_int_t)o->sequence, "at",
	    point_in_time(o->at / NS_A_SECOND, ms), "target",
	    text_or_null(o->target), "service", text_or_null(o->service),
	    "host", text_or_null(o->host), "port", (int)o->port, "address",
	    text_or_null(o->address), "proxy", text_or_null(o->proxy), "ok",
	    (int)o->ok, "reason", text_or_null(reason_token(o->reason)),
	    "message", text_or_null(o->message), "ms", phases(o), "starttls",
	    starttls(&o->starttls), "tls",
	    o->tls.version[0] == '\0' ? json_null() : tls(&o->tls),
	    "certificate", certificate(&o->certificate, o->at), "verified",
	    answer(o->verified), "problems", list(o->problems), "ocsp",
	    text_or_null(o->ocsp), "pin", answer(o->pin), "dane", dane(o),
	    "pings", pings(o)));
}

/* A percentile, or null where the samples are too few. */
static json_t *
percentile(struct samples *s, unsigned int percent)
{
	int64_t ns;

	return samples_percentile(s, percent, &ns) ? milliseconds((double)ns)
	                                           : json_null();
}

/* The figures of a phase, with percentiles. */
static json_t *
phase_figures(struct samples *s)
{
	static const struct {
		const char *name;
		unsigned int percent;
	} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}};
	json_t *object = figures(&s->times);

	if (!json_is_object(object))
		return object;
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]);
	     i++)
		if (json_object_set_new(object, percentiles[i].name,
			percentile(s, percentiles[i].percent)) == -1) {
			json_decref(object);
			return NULL;
		}
	return object;
}

/* How many conversations failed for each reason that came up. */
static json_t *
reasons(const struct target_summary *s)
{
	json_t *object = json_object();

	for (enum reason i = 0; object != NULL && i < REASONS; i++)
		if (s->reasons[i] > 0 &&
		    json_object_set_new(object, reason_token(i),
			json_integer((json_int_t)s->reasons[i])) == -1) {
			json_decref(object);
			return NULL;
		}
	return object;
}

char *
json_summary(const struct target_summary *s)
{
	uint64_t failed = s->connections - s->ok;
	double loss = s->connections == 0
	                  ? 0
	                  : 100.0 * (double)failed / (double)s->connections;

	return line(json_pack(
	    "{s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:{s:o, s:o}}", "type",
	    "summary", "target", text_or_null(s->target), "connections",
	    (json_int_t)s->connections, "ok", (json_int_t)s->ok, "failed",
	    (json_int_t)failed, "loss_percent",
	    json_real(round(loss * 1e3) / 1e3), "reasons", reasons(s), "ms",
	    "total", phase_figures(s->total), "tls", phase_figures(s->tls)));
}

/* Writes a line that is the caller's, and frees it. */
static int
write_line(struct output *out, char *line)
{
	int ret;

	if (line == NULL) {
		out->error = ENOMEM;
		return -1;
	}
	ret = output_write(out, line, strlen(line));
	free(line);
	return ret;
}

static int
report_ended(void *context, const struct outcome *o)
{
	return write_line(context, json_connection(o));
}

static int
report_summary(void *context, const struct target_summary *s)
{
	return write_line(context, json_summary(s));
}

struct reporter
json_reporter(struct output *out)
{
	return (struct reporter){
	    .context = out,
	    .ended = report_ended,
	    .summary = report_summary,
	};
}
