/*
 * Records from the process of a conversation, which a hostile server may have
 * taken over: what is possible passes, and nothing else.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/record.h"
#include "unit.h"

static struct record before, sent, got;

/* Parses what was sent as a record of `size` octets. */
static int
parse_some(size_t size)
{
	memcpy(&got, &sent, sizeof(got));
	return record_parse(&got, size, &before, 3);
}

static void
set_up(void)
{
	memset(&before, 0, sizeof(before));
	outcome_init(&before.outcome);
	before.outcome.sequence = 7;
	strcpy(before.outcome.target, "smtp://mx.example");
	strcpy(before.outcome.address, "192.0.2.1:25");
	before.outcome.phase_ns[OUTCOME_CONNECT] = 1000;
	sent = before;
	sent.event = RECORD_ENDED;
}

static int
parse(void)
{
	return parse_some(sizeof(sent));
}

/* What the process tells as a reporter is what the parent parses. */
START_TEST(a_conversation_passes)
{
	static struct record_sender sender;
	struct reporter reporter = record_reporter(&sender);
	struct outcome *o = &sender.record.outcome;
	struct outcome_pings *p = &o->pings[OUTCOME_CLEAR];
	int pair[2], events = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	sender.channel = pair[1];
	*o = sent.outcome;
	reporter.connected(reporter.context, o);
	p->sent = 1;
	p->began = p->ended = 10;
	reporter.sent(reporter.context, o, OUTCOME_CLEAR, 1);
	reporter.unanswered(reporter.context, o, OUTCOME_CLEAR, 1);
	times_add(&p->answers, 5);
	reporter.answered(reporter.context, o, OUTCOME_CLEAR, 1, 5);
	o->phase_ns[OUTCOME_TLS] = 3;
	strcpy(o->certificate.names, "a.example\nb.example");
	reporter.upgraded(reporter.context, o);
	o->ok = true;
	record_end(&sender);
	close(pair[1]);
	for (ssize_t n; (n = recv(pair[0], &sent, sizeof(sent), 0)) > 0;
	     events++) {
		ck_assert_int_eq(parse_some((size_t)n), 0);
		before = got;
	}
	ck_assert_int_eq(events, 6);
	ck_assert_int_eq(got.event, RECORD_ENDED);
	ck_assert(got.outcome.ok);
	ck_assert_str_eq(got.outcome.certificate.names, "a.example\nb.example");
	ck_assert_uint_eq(got.outcome.pings[OUTCOME_CLEAR].answers.count, 1);
	close(pair[0]);
}
END_TEST

START_TEST(which_it_is_the_parent_knows)
{
	memset(sent.outcome.target, 'x', sizeof(sent.outcome.target));
	memset(sent.outcome.service, 'x', sizeof(sent.outcome.service));
	memset(sent.outcome.host, 'x', sizeof(sent.outcome.host));
	memset(sent.outcome.address, 'x', sizeof(sent.outcome.address));
	memset(sent.outcome.proxy, 'x', sizeof(sent.outcome.proxy));
	sent.outcome.sequence = 8;
	sent.outcome.at = 9;
	sent.outcome.port = 10;
	sent.outcome.phase_ns[OUTCOME_CONNECT] = -5;
	sent.outcome.phase_ns[OUTCOME_TOTAL] = -5;
	sent.outcome.starttls.mode = 77;
	ck_assert_int_eq(parse(), 0);
	ck_assert_mem_eq(&got.outcome, &before.outcome, sizeof(got.outcome));
}
END_TEST

START_TEST(sizes_are_exact)
{
	ck_assert_int_eq(parse_some(sizeof(sent) - 1), -1);
	ck_assert_int_eq(parse_some(sizeof(sent) + 1), -1);
	ck_assert_int_eq(parse_some(0), -1);
}
END_TEST

#define AT(member) \
	offsetof(struct outcome, member), sizeof(((struct outcome *)0)->member)

static const struct {
	size_t at, size;
	bool list;
} texts[] = {
    {AT(message), false},
    {AT(remark), false},
    {AT(unconfined), false},
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
};

START_TEST(texts_end_and_are_printable)
{
	static const char wrong[] = {1, '\033', '\r', '\t', 0x7f, '\x80'};
	char *text = (char *)&sent.outcome + texts[_i].at;

	memset(text, ' ', texts[_i].size - 1);
	ck_assert_int_eq(parse(), 0);
	text[texts[_i].size - 1] = ' ';
	ck_assert_int_eq(parse(), -1);
	memset(text, 0, texts[_i].size);
	for (size_t i = 0; i < sizeof(wrong); i++) {
		text[0] = wrong[i];
		ck_assert_int_eq(parse(), -1);
	}
	text[0] = '\n';
	ck_assert_int_eq(parse(), texts[_i].list ? 0 : -1);
}
END_TEST

static const struct {
	size_t at, size;
	unsigned int values;
} choices[] = {
    {AT(ok), 2},
    {AT(reason), REASONS},
    {AT(starttls.offered), 3},
    {AT(certificate.seen), 2},
    {AT(verified), 3},
    {AT(pin), 3},
    {AT(dane), 3},
};

START_TEST(choices_are_among_those_there_are)
{
	char *place = (char *)&sent.outcome + choices[_i].at;

	for (unsigned int value = 0; value < 2 * choices[_i].values; value++) {
		if (choices[_i].size == 1)
			*place = (char)value;
		else
			memcpy(place, &value, sizeof(value));
		ck_assert_int_eq(parse(), value < choices[_i].values ? 0 : -1);
	}
	memset(place, 0xff, choices[_i].size);
	ck_assert_int_eq(parse(), -1);
}
END_TEST

START_TEST(events_and_stages_are_known)
{
	sent.event = RECORD_ENDED + 1;
	ck_assert_int_eq(parse(), -1);
	sent.event = RECORD_NONE;
	ck_assert_int_eq(parse(), -1);
	sent.event = (enum record_event) - 1;
	ck_assert_int_eq(parse(), -1);
	sent.event = RECORD_ENDED;
	sent.stage = OUTCOME_STAGES;
	ck_assert_int_eq(parse(), -1);
	sent.stage = (enum outcome_stage) - 1;
	ck_assert_int_eq(parse(), -1);
}
END_TEST

START_TEST(success_has_no_reason)
{
	sent.outcome.ok = true;
	ck_assert_int_eq(parse(), 0);
	sent.outcome.reason = REASON_CLOSED;
	ck_assert_int_eq(parse(), -1);
}
END_TEST

START_TEST(numbers_are_possible)
{
	static const int64_t wrong[] = {
	    INT64_MIN, -62135596801, 253402300800, INT64_MAX};
	struct outcome *o = &sent.outcome;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set_up();
		o->certificate.not_before = wrong[i];
		ck_assert_int_eq(parse(), -1);
		set_up();
		o->certificate.not_after = wrong[i];
		ck_assert_int_eq(parse(), -1);
		set_up();
		o->certificate.chain_not_after = wrong[i];
		ck_assert_int_eq(parse(), -1);
	}
	set_up();
	o->phase_ns[OUTCOME_GREETING] = -2;
	ck_assert_int_eq(parse(), -1);
	o->phase_ns[OUTCOME_GREETING] = INT64_MAX;
	ck_assert_int_eq(parse(), -1);
}
END_TEST

/* One ping, answered. */
static void
ping(struct outcome *o)
{
	struct outcome_pings *p = &o->pings[OUTCOME_OVER_TLS];

	p->sent++;
	p->ended++;
	times_add(&p->answers, 5);
}

START_TEST(pings_go_on_from_those_before)
{
	struct outcome_pings *p = &sent.outcome.pings[OUTCOME_OVER_TLS];

	for (int i = 0; i < 3; i++)
		ping(&sent.outcome);
	ck_assert_int_eq(parse(), 0);
	before = got;
	ping(&sent.outcome);
	ck_assert_int_eq(parse(), -1); /* more than asked for */
	sent = before;
	p->sent--;
	p->answers.count--;
	ck_assert_int_eq(parse(), -1); /* fewer than before */
	sent = before;
	p->answers.count++;
	ck_assert_int_eq(parse(), -1); /* more answers than pings */
	sent = before;
	p->answers.min = -1;
	ck_assert_int_eq(parse(), -1);
	sent = before;
	p->answers.max = 4;
	ck_assert_int_eq(parse(), -1);
	sent = before;
	p->ended = -1;
	ck_assert_int_eq(parse(), -1);
}
END_TEST

START_TEST(sums_are_finite)
{
	static const double wrong[] = {NAN, INFINITY, -INFINITY, -1};
	struct times *t = &sent.outcome.pings[OUTCOME_CLEAR].answers;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set_up();
		t->sum = wrong[i];
		ck_assert_int_eq(parse(), -1);
		set_up();
		t->sum_of_squares = wrong[i];
		ck_assert_int_eq(parse(), -1);
	}
}
END_TEST

/* No event is told twice, and none without what bears it out. */
START_TEST(events_are_news)
{
	for (enum record_event e = RECORD_SENT; e <= RECORD_UPGRADED; e++) {
		sent.event = e;
		sent.sequence = 1;
		ck_assert_int_eq(parse(), -1);
	}
	sent.event = RECORD_CONNECTED;
	ck_assert_int_eq(parse(), 0);
	before = got;
	ck_assert_int_eq(parse(), -1);
	sent.event = RECORD_SENT;
	sent.outcome.pings[OUTCOME_CLEAR].sent = 1;
	ck_assert_int_eq(parse(), 0);
	before = got;
	ck_assert_int_eq(parse(), -1);
	sent.event = RECORD_UNANSWERED;
	ck_assert_int_eq(parse(), 0);
	before = got;
	ck_assert_int_eq(parse(), -1);
	sent.event = RECORD_UPGRADED;
	sent.outcome.phase_ns[OUTCOME_TLS] = 1;
	ck_assert_int_eq(parse(), 0);
	before = got;
	ck_assert_int_eq(parse(), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("record");
	TCase *c = unit_case(suite, "record");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, a_conversation_passes);
	tcase_add_test(c, which_it_is_the_parent_knows);
	tcase_add_test(c, sizes_are_exact);
	tcase_add_loop_test(c, texts_end_and_are_printable, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(c, choices_are_among_those_there_are, 0,
	    sizeof(choices) / sizeof(choices[0]));
	tcase_add_test(c, events_and_stages_are_known);
	tcase_add_test(c, success_has_no_reason);
	tcase_add_test(c, numbers_are_possible);
	tcase_add_test(c, pings_go_on_from_those_before);
	tcase_add_test(c, sums_are_finite);
	tcase_add_test(c, events_are_news);
	return unit_main(suite);
}
