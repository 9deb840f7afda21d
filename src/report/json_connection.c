/*
 * The object of a conversation.
 */
#include "report/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "report/json_internal.h"
#include "services/reason.h"

#define NS_A_SECOND INT64_C(1000000000)

static json_t *
json_answer(enum outcome_answer value)
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
			    : json_value_ms((double)ns)) == -1) {
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
	    json_answer(s->offered), "reply", json_value_text(s->reply));
}

static json_t *
tls(const struct outcome_tls *t)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "version",
	    json_value_text(t->version), "cipher", json_value_text(t->cipher),
	    "group", json_value_text(t->group), "alpn",
	    json_value_text(t->alpn));
}

/* Whole days from `at` (nanoseconds) until `not_after`; negative when over. */
static json_t *
json_days_left(int64_t not_after, int64_t at)
{
	int64_t seconds = not_after - at / NS_A_SECOND;

	return json_integer(
	    (json_int_t)floor((double)seconds / DATE_SECONDS_A_DAY));
}

static json_t *
certificate(const struct outcome_certificate *c, int64_t at)
{
	if (!c->seen)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o}",
	    "subject", json_value_text(c->subject), "issuer",
	    json_value_text(c->issuer), "names", list(c->names), "matched",
	    json_value_text(c->matched), "serial", json_value_text(c->serial),
	    "not_before", point_in_time(c->not_before, -1), "not_after",
	    point_in_time(c->not_after, -1), "days_left",
	    json_days_left(c->not_after, at), "key",
	    json_sprintf("%s %u", c->key, c->key_bits), "sha256",
	    json_value_text(c->sha256), "spki_sha256",
	    json_value_text(c->spki_sha256), "chain_not_after",
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
	    json_value_text(o->dane_record));
}

/* What one stage's pings came to. */
static json_t *
stage(const struct outcome_pings *p)
{
	return json_pack("{s:I, s:I, s:o}", "sent", (json_int_t)p->sent,
	    "received", (json_int_t)p->answers.count, "ms",
	    json_value_figures(&p->answers));
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

char *
json_connection(const struct outcome *o)
{
	int ms = (int)(o->at % NS_A_SECOND / 1000000);

	return json_value_line(json_pack(
	    "{s:s, s:I, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:b, s:o, s:o, "
	    "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "type", "connection", "seq", (json_int_t)o->sequence, "at",
	    point_in_time(o->at / NS_A_SECOND, ms), "target",
	    json_value_text(o->target), "service", json_value_text(o->service),
	    "host", json_value_text(o->host), "port", (int)o->port, "address",
	    json_value_text(o->address), "proxy", json_value_text(o->proxy),
	    "ok", (int)o->ok, "reason",
	    json_value_text(reason_token(o->reason)), "message",
	    json_value_text(o->message), "ms", phases(o), "starttls",
	    starttls(&o->starttls), "tls",
	    o->tls.version[0] == '\0' ? json_null() : tls(&o->tls),
	    "certificate", certificate(&o->certificate, o->at), "verified",
	    json_answer(o->verified), "problems", list(o->problems), "ocsp",
	    json_value_text(o->ocsp), "pin", json_answer(o->pin), "dane",
	    dane(o), "pings", pings(o)));
}
