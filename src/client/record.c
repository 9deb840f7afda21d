#include "client/record.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/direct_calls.h"

/* Where in an outcome a member stands, and its size. */
#define AT(member) \
	offsetof(struct outcome, member), sizeof(((struct outcome *)0)->member)

/* The texts; a list has LFs, too. */
static const struct {
	size_t at, size;
	bool list;
} texts[] = {
    {AT(message), false},
    {AT(remark), false},
    {AT(starttls.reply), false},
    {AT(tls.version), false},
    {AT(tls.cipher), false},
    {AT(tls.group), false},
    {AT(tls.alpn), false},
    {AT(certificate.subject), false},
    {AT(certificate.issuer), false},
    {AT(certificate.names), true},
    {AT(certificate.matched), false},
    {AT(certificate.serial), false},
    {AT(certificate.chain_ends), false},
    {AT(certificate.key), false},
    {AT(certificate.signature), false},
    {AT(certificate.sha256), false},
    {AT(certificate.spki_sha256), false},
    {AT(certificate.tlsa), false},
    {AT(problems), true},
    {AT(ocsp), false},
    {AT(dane_record), false},
    {AT(unconfined), false},
};

/* Enumerations and truth values, and how many values they have. */
static const struct {
	size_t at, size;
	unsigned int values;
} choices[] = {
    {AT(ok), 2},
    {AT(reason), REASONS},
    {AT(starttls.offered), OUTCOME_YES + 1},
    {AT(certificate.seen), 2},
    {AT(verified), OUTCOME_YES + 1},
    {AT(pin), OUTCOME_YES + 1},
    {AT(dane), OUTCOME_DANE_FAILED + 1},
};

/* Points in time: the years 1 to 9999, which every report can show. */
static const size_t times[] = {
    offsetof(struct outcome, certificate.not_before),
    offsetof(struct outcome, certificate.not_after),
    offsetof(struct outcome, certificate.chain_not_after),
};
#define TIME_LEAST INT64_C(-62135596800)
#define TIME_MOST INT64_C(253402300799)

/* A year, the upper limit of all options. */
#define NS_MOST (INT64_C(365) * 24 * 60 * 60 * 1000000000)

static bool
is_text(const char *text, size_t size, bool list)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			return true;
		if ((text[i] < ' ' || text[i] > '~') &&
		    !(list && text[i] == '\n'))
			return false;
	}
	return false;
}

/* True if the values of all members except pings are possible.  Looks at their
 * octets: a bool that is neither 0 nor 1 must not even be read as one. */
static bool
is_possible(const char *o)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!is_text(o + texts[i].at, texts[i].size, texts[i].list))
			return false;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		unsigned int value = 0;
		unsigned char octet;

		if (choices[i].size == 1) {
			memcpy(&octet, o + choices[i].at, 1);
			value = octet;
		} else
			memcpy(&value, o + choices[i].at, sizeof(value));
		if (value >= choices[i].values)
			return false;
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t value;

		memcpy(&value, o + times[i], sizeof(value));
		if (value < TIME_LEAST || value > TIME_MOST)
			return false;
	}
	return true;
}

static bool
is_duration(int64_t ns)
{
	return ns >= 0 && ns <= NS_MOST;
}

static bool
are_phases(const struct outcome *o)
{
	for (int i = 0; i < OUTCOME_PHASES; i++)
		if (o->phase_ns[i] != OUTCOME_NOT_REACHED &&
		    !is_duration(o->phase_ns[i]))
			return false;
	return true;
}

/* True if the pings can follow on those that are known. */
static bool
are_pings(const struct outcome_pings *p, const struct outcome_pings *known,
    unsigned long most)
{
	const struct times *t = &p->answers;

	return p->sent >= known->sent && (most == 0 || p->sent <= most) &&
	       t->count >= known->answers.count && t->count <= p->sent &&
	       is_duration(t->min) && is_duration(t->max) && t->min <= t->max &&
	       isfinite(t->sum) && t->sum >= 0 && isfinite(t->sum_of_squares) &&
	       t->sum_of_squares >= 0 && p->began >= 0 && p->ended >= p->began;
}

/* True if the event agrees with the outcome and was not reported before. */
static bool
is_news(const struct record *r, const struct record *before)
{
	const struct outcome *o = &r->outcome, *known = &before->outcome;
	const struct outcome_pings *p = &o->pings[r->stage];
	const struct outcome_pings *earlier = &known->pings[r->stage];

	switch (r->event) {
	case RECORD_CONNECTED:
		return before->event == RECORD_NONE;
	case RECORD_SENT:
		return p->sent > earlier->sent && r->sequence == p->sent;
	case RECORD_ANSWERED:
		return p->answers.count > earlier->answers.count &&
		       r->sequence > 0 && r->sequence <= p->sent &&
		       is_duration(r->ns);
	case RECORD_UNANSWERED:
		return r->sequence > 0 && r->sequence == p->sent &&
		       before->event != RECORD_UNANSWERED;
	case RECORD_UPGRADED:
		return known->phase_ns[OUTCOME_TLS] == OUTCOME_NOT_REACHED &&
		       o->phase_ns[OUTCOME_TLS] != OUTCOME_NOT_REACHED;
	default:
		return r->event == RECORD_ENDED;
	}
}

/* Restores what the parent knows itself. */
static void
keep_known(struct outcome *o, const struct outcome *known)
{
	o->sequence = known->sequence;
	o->at = known->at;
	memcpy(o->target, known->target, sizeof(o->target));
	memcpy(o->service, known->service, sizeof(o->service));
	memcpy(o->host, known->host, sizeof(o->host));
	o->port = known->port;
	memcpy(o->address, known->address, sizeof(o->address));
	memcpy(o->proxy, known->proxy, sizeof(o->proxy));
	o->phase_ns[OUTCOME_RESOLVE] = known->phase_ns[OUTCOME_RESOLVE];
	o->phase_ns[OUTCOME_CONNECT] = known->phase_ns[OUTCOME_CONNECT];
	o->phase_ns[OUTCOME_TOTAL] = OUTCOME_NOT_REACHED;
	o->starttls.mode = known->starttls.mode;
	o->repeated = known->repeated;
}

int
record_parse(struct record *r, size_t size, const struct record *before,
    unsigned long pings)
{
	const struct outcome *known = &before->outcome;
	struct outcome *o = &r->outcome;

	if (size != sizeof(*r) || !is_possible((const char *)o))
		return -1;
	keep_known(o, known);
	if ((unsigned int)r->stage >= OUTCOME_STAGES || !are_phases(o) ||
	    !is_news(r, before) || (o->ok && o->reason != REASON_NONE))
		return -1;
	for (int i = 0; i < OUTCOME_STAGES; i++)
		if (!are_pings(&o->pings[i], &known->pings[i], pings))
			return -1;
	return 0;
}

static int
send_record(void *context, enum record_event event, enum outcome_stage stage,
    uint64_t sequence, int64_t ns)
{
	struct record_sender *s = context;
	struct record *r = &s->record;

	r->event = event;
	r->stage = stage;
	r->sequence = sequence;
	r->ns = ns;
	return direct_send(s->channel, r, sizeof(*r), MSG_NOSIGNAL) ==
	               sizeof(*r)
	           ? 0
	           : -1;
}

static int
record_connected(void *context, const struct outcome *o)
{
	(void)o;
	return send_record(context, RECORD_CONNECTED, 0, 0, 0);
}

static int
sent(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence)
{
	(void)o;
	return send_record(context, RECORD_SENT, stage, sequence, 0);
}

static int
record_answered(void *context, const struct outcome *o,
    enum outcome_stage stage, uint64_t sequence, int64_t ns)
{
	(void)o;
	return send_record(context, RECORD_ANSWERED, stage, sequence, ns);
}

static int
record_unanswered(void *context, const struct outcome *o,
    enum outcome_stage stage, uint64_t sequence)
{
	(void)o;
	return send_record(context, RECORD_UNANSWERED, stage, sequence, 0);
}

static int
record_upgraded(void *context, const struct outcome *o)
{
	(void)o;
	return send_record(context, RECORD_UPGRADED, 0, 0, 0);
}

struct reporter
record_reporter(struct record_sender *s)
{
	return (struct reporter){
	    .context = s,
	    .connected = record_connected,
	    .sent = sent,
	    .answered = record_answered,
	    .unanswered = record_unanswered,
	    .upgraded = record_upgraded,
	};
}

void
record_end(struct record_sender *s)
{
	(void)send_record(s, RECORD_ENDED, 0, 0, 0);
}
