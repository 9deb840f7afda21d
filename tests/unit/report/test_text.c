/*
 * What pingtls prints: each line, and the figures of the summary.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/text.h"
#include "unit.h"

#define MS INT64_C(1000000)
#define DAY INT64_C(86400)

static struct ping_options options;
static struct outcome outcome;
static struct control control;
static struct output out, errors;
static struct text_report report;
static struct reporter reporter;

static void
set_up(void)
{
	options = (struct ping_options){.timeout_ms = 2500, .target_count = 1};
	outcome_init(&outcome);
	outcome.sequence = 1;
	strcpy(outcome.target, "localhost");
	strcpy(outcome.service, "pingtls");
	strcpy(outcome.host, "localhost");
	strcpy(outcome.address, "127.0.0.1:10001");
	outcome.phase_ns[OUTCOME_CONNECT] = 123456;
	ck_assert_int_eq(control_begin(&control, 0), 0);
	/* Not opened anew: what is caught is at the descriptor itself. */
	out = (struct output){.fd = STDOUT_FILENO, .control = &control};
	errors = (struct output){.fd = STDERR_FILENO, .control = &control};
	report = (struct text_report){
	    .options = &options,
	    .out = &out,
	    .errors = &errors,
	};
	reporter = text_reporter(&report);
}

/* A ping and its answer after `ns`. */
static void
count(struct outcome_pings *p, int64_t ns)
{
	p->sent++;
	times_add(&p->answers, ns);
}

START_TEST(tells_of_the_connection)
{
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(reporter.connected(&report, &outcome), 0);
	ck_assert_str_eq(unit_capture_end(),
	    "PINGTLS localhost (127.0.0.1:10001): connected in 0.123 ms\n");
}
END_TEST

START_TEST(tells_of_each_answer_and_of_each_that_is_missing)
{
	options.quiet = _i == 1;
	unit_capture_begin(STDOUT_FILENO);
	reporter.answered(&report, &outcome, OUTCOME_CLEAR, 1, MS);
	reporter.unanswered(&report, &outcome, OUTCOME_CLEAR, 2);
	reporter.answered(&report, &outcome, OUTCOME_OVER_TLS, 1, 1234 * MS);
	reporter.unanswered(&report, &outcome, OUTCOME_OVER_TLS, 20);
	ck_assert_str_eq(unit_capture_end(),
	    options.quiet
		? ""
		: "PONG from 127.0.0.1 in the clear: seq=1 time=1.000 ms\n"
		  "no answer from 127.0.0.1 in the clear: seq=2 within 2.5 s\n"
		  "PONG from 127.0.0.1 over TLS: seq=1 time=1234.000 ms\n"
		  "no answer from 127.0.0.1 over TLS: seq=20 within 2.5 s\n");
}
END_TEST

/* A certificate that ends in `days` days and a half. */
static void
see_certificate(int days)
{
	struct outcome_certificate *c = &outcome.certificate;

	strcpy(outcome.tls.version, "TLS1.2");
	strcpy(outcome.tls.cipher, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
	outcome.phase_ns[OUTCOME_TLS] = 9876543;
	*c = (struct outcome_certificate){
	    .seen = true,
	    .subject = "CN=localhost",
	    .issuer = "CN=pingtls test CA",
	    .names = "localhost\n127.0.0.1",
	    .matched = "localhost",
	    .not_before = time(NULL) - 1000 * DAY,
	    .not_after = time(NULL) + days * DAY + DAY / 2,
	    .key = "EC/ECDSA",
	    .key_bits = 256,
	    .signature = "ECDSA-SHA256",
	    .sha256 = "01ab",
	    .spki_sha256 = "q83v",
	};
	c->chain_not_after = c->not_after;
	strcpy(outcome.ocsp, "none stapled");
	outcome.verified = OUTCOME_YES;
}

static const char *
upgrade(void)
{
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(reporter.upgraded(&report, &outcome), 0);
	return unit_capture_end();
}

#define HANDSHAKE \
	"STARTTLS: TLS1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, handshake " \
	"9.877 ms\n"
#define CERTIFICATE \
	"certificate: CN=localhost, issued by CN=pingtls test CA, matches " \
	"localhost, 364 days left\n"

#define CHAIN_END \
	"  its chain ends on 1970-01-02 00:00:00 UTC, with CN=an authority\n"

START_TEST(tells_of_the_upgrade)
{
	const char *said;

	see_certificate(364);
	ck_assert_str_eq(upgrade(), HANDSHAKE CERTIFICATE);
	/* Of the same one again there is nothing to say. */
	outcome.repeated = true;
	ck_assert_str_eq(upgrade(), "");
	outcome.repeated = false;
	outcome.dane = OUTCOME_DANE_VERIFIED;
	strcpy(outcome.dane_record, "2 0 1 12");
	ck_assert_str_eq(upgrade(),
	    HANDSHAKE CERTIFICATE "DANE: verified by TLSA record 2 0 1 12\n");
	outcome.dane = OUTCOME_DANE_NONE;
	strcpy(outcome.certificate.tlsa, "3 1 1 abcdef");
	outcome.certificate.chain_not_after = DAY;
	strcpy(outcome.certificate.chain_ends, "CN=an authority");
	ck_assert_str_eq(upgrade(), HANDSHAKE CERTIFICATE CHAIN_END);
	options.verbose = true;
	said = upgrade();
	ck_assert_int_eq(strncmp(said, HANDSHAKE CERTIFICATE CHAIN_END,
			     strlen(HANDSHAKE CERTIFICATE CHAIN_END)),
	    0);
	ck_assert_uint_eq(unit_lines(said), 10);
	ck_assert_ptr_nonnull(
	    strstr(said, "\n  names: localhost, 127.0.0.1\n"));
	ck_assert_ptr_nonnull(strstr(said, "\n  valid from 20"));
	ck_assert_ptr_nonnull(strstr(
	    said, "\n  key EC/ECDSA, 256 bits; signed with ECDSA-SHA256\n"));
	ck_assert_ptr_nonnull(strstr(said, "\n  SHA-256 fingerprint 01ab\n"));
	ck_assert_ptr_nonnull(
	    strstr(said, "\n  public key pin sha256//q83v\n"));
	ck_assert_ptr_nonnull(strstr(said, "\n  TLSA record 3 1 1 abcdef\n"));
	ck_assert_ptr_nonnull(
	    strstr(said, "\n  OCSP response: none stapled\n"));
}
END_TEST

START_TEST(tells_what_is_not_verified)
{
	options.verify.insecure = true;
	see_certificate(364);
	ck_assert_str_eq(upgrade(), HANDSHAKE CERTIFICATE
	    "would have been verified without --insecure as well\n");
	see_certificate(-3);
	outcome.verified = OUTCOME_NO;
	outcome.certificate.matched[0] = '\0';
	strcpy(outcome.problems, "expired\nname mismatch");
	ck_assert_str_eq(upgrade(), HANDSHAKE
	    "certificate: CN=localhost, issued by CN=pingtls test CA, "
	    "2 days past its end\n"
	    "NOT VERIFIED: expired\n"
	    "NOT VERIFIED: name mismatch\n");
}
END_TEST

/* What was seen stands before the line that says why it failed. */
START_TEST(tells_the_facts_of_what_failed)
{
	const char *said;

	see_certificate(1);
	outcome.phase_ns[OUTCOME_TLS] = OUTCOME_NOT_REACHED;
	outcome.tls.cipher[0] = '\0';
	outcome.reason = REASON_CERTIFICATE_HOST_MISMATCH;
	strcpy(outcome.target, "localhost:10001");
	strcpy(outcome.message, "not\nverified");
	unit_capture_begin(STDOUT_FILENO);
	reporter.ended(&report, &outcome);
	ck_assert_str_eq(unit_capture_end(),
	    "STARTTLS: TLS1.2, handshake failed\n"
	    "certificate: CN=localhost, issued by CN=pingtls test CA, matches "
	    "localhost, 1 day left\n");
	unit_capture_begin(STDERR_FILENO);
	outcome.certificate.seen = false;
	reporter.ended(&report, &outcome);
	said = unit_capture_end();
	ck_assert_str_eq(said, "pingtls: localhost:10001: not.verified\n");
}
END_TEST

START_TEST(a_service_has_a_line_a_conversation)
{
	strcpy(outcome.service, "smtp");
	strcpy(outcome.address, "[2001:db8::1]:25");
	strcpy(outcome.target, "smtp://mx");
	outcome.sequence = 7;
	outcome.ok = true;
	for (int i = 0; i < OUTCOME_PHASES; i++)
		outcome.phase_ns[i] = (i + 1) * MS;
	outcome.phase_ns[OUTCOME_PROXY] = OUTCOME_NOT_REACHED;
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(reporter.ended(&report, &outcome), 0);
	ck_assert_str_eq(unit_capture_end(),
	    "smtp from 2001:db8::1: seq=7 time=7.000 ms (resolve 1.000, "
	    "connect 2.000, greeting 4.000, starttls 5.000, tls 6.000)\n");
	options.quiet = true;
	unit_capture_begin(STDOUT_FILENO);
	reporter.ended(&report, &outcome);
	ck_assert_str_eq(unit_capture_end(), "");
}
END_TEST

static const char *
sum_up(uint64_t connections, uint64_t ok, struct samples *total)
{
	struct samples none = {.kept = NULL};
	struct target_summary summary = {
	    .target = outcome.target,
	    .ended = 3000 * MS,
	    .connections = connections,
	    .ok = ok,
	    .total = total,
	    .tls = &none,
	    .last = &outcome,
	};

	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(reporter.summary(&report, &summary), 0);
	return unit_capture_end();
}

static const char *
summary(void)
{
	struct samples none = {.kept = NULL};

	return sum_up(1, 1, &none);
}

START_TEST(sums_up_conversations)
{
	struct samples total = {.kept = NULL};

	strcpy(outcome.service, "smtp");
	strcpy(outcome.target, "smtp://mx");
	samples_add(&total, 2 * MS);
	samples_add(&total, 4 * MS);
	ck_assert_str_eq(sum_up(3, 2, &total),
	    "\n--- smtp://mx pingtls statistics ---\n"
	    "3 connections, 2 good, 33.3333% loss, time 3000 ms\n"
	    "rtt min/avg/max/mdev = 2.000/3.000/4.000/1.000 ms\n"
	    "rtt p50 = 2.000 ms\n");
	for (int i = 0; i < 8; i++)
		samples_add(&total, 10 * MS);
	ck_assert_ptr_nonnull(strstr(
	    sum_up(10, 10, &total), "\nrtt p50/p90 = 10.000/10.000 ms\n"));
	samples_clear(&total);
}
END_TEST

/* However little it is, a loss is none of 0 %, and never has an exponent. */
START_TEST(a_loss_is_no_exponent)
{
	struct outcome_pings *p = &outcome.pings[OUTCOME_CLEAR];

	p->sent = 1200000000;
	p->answers.count = p->sent - 1;
	ck_assert_ptr_nonnull(strstr(summary(), ", 0.0001% loss, "));
	p->answers.count = 1;
	ck_assert_ptr_nonnull(strstr(summary(), ", 99.9999% loss, "));
	p->sent = 8;
	p->answers.count = 4;
	ck_assert_ptr_nonnull(strstr(summary(), ", 50% loss, "));
}
END_TEST

START_TEST(sums_up)
{
	struct outcome_pings *clear = &outcome.pings[OUTCOME_CLEAR],
			     *tls = &outcome.pings[OUTCOME_OVER_TLS];

	clear->began = 5 * MS;
	clear->ended = 1005 * MS + MS / 2 + 1;
	count(clear, 1 * MS);
	count(clear, 2 * MS);
	count(clear, 3 * MS);
	tls->ended = 60000 * MS;
	count(tls, 10 * MS);
	tls->sent += 2;
	ck_assert_str_eq(summary(),
	    "\n--- localhost pingtls statistics ---\n"
	    "in the clear: 3 sent, 3 received, 0% loss, time 1001 ms\n"
	    "rtt min/avg/max/mdev = 1.000/2.000/3.000/0.816 ms\n"
	    "over TLS: 3 sent, 1 received, 66.6667% loss, time 60000 ms\n"
	    "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n");
}
END_TEST

START_TEST(sums_up_what_there_is)
{
	ck_assert_str_eq(summary(), "");
	outcome.pings[OUTCOME_CLEAR].sent = 7;
	ck_assert_str_eq(summary(),
	    "\n--- localhost pingtls statistics ---\n"
	    "in the clear: 7 sent, 0 received, 100% loss, time 0 ms\n");
}
END_TEST

/* Rounding makes the variance of these -2. */
START_TEST(no_deviation_is_none)
{
	struct outcome_pings *t = &outcome.pings[OUTCOME_CLEAR];

	for (int i = 0; i < 7; i++)
		count(t, 123456790);
	ck_assert_ptr_nonnull(
	    strstr(summary(), "= 123.457/123.457/123.457/0.000 ms\n"));
}
END_TEST

static const char *
ask(const struct target_summary *summary, const struct outcome *pings)
{
	unit_capture_begin(STDERR_FILENO);
	ck_assert_int_eq(reporter.asked(&report, summary, pings), 0);
	return unit_capture_end();
}

START_TEST(answers_SIGQUIT_on_standard_error)
{
	struct target_summary summary = {.target = "localhost"};

	count(&outcome.pings[OUTCOME_CLEAR], 2 * MS);
	outcome.pings[OUTCOME_CLEAR].sent++;
	ck_assert_str_eq(ask(&summary, &outcome),
	    "in the clear: 1/2 pings, 50% loss, "
	    "min/avg/max/mdev = 2.000/2.000/2.000/0.000 ms\n");
	outcome.pings[OUTCOME_OVER_TLS].sent = 1;
	ck_assert_str_eq(
	    ask(&summary, &outcome), "over TLS: 0/1 pings, 100% loss\n");
}
END_TEST

START_TEST(answers_SIGQUIT_with_conversations)
{
	struct samples total = {.kept = NULL};
	struct target_summary summary = {
	    .target = "smtp://mx",
	    .total = &total,
	};

	ck_assert_str_eq(ask(&summary, NULL), "0/0 connections, 0% loss\n");
	summary.connections = 2;
	summary.ok = 1;
	samples_add(&total, 2 * MS);
	options.target_count = 2;
	ck_assert_str_eq(ask(&summary, NULL),
	    "smtp://mx: 1/2 connections, 50% loss, "
	    "min/avg/max/mdev = 2.000/2.000/2.000/0.000 ms\n");
	samples_clear(&total);
}
END_TEST

/* Where it cannot be written to, the run is to end, and the first cause is
 * told. */
START_TEST(notices_that_nobody_reads)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ne(full, -1);
	output_open(&out, full, &control);
	ck_assert_int_eq(reporter.connected(&report, &outcome), -1);
	ck_assert_int_eq(
	    reporter.answered(&report, &outcome, OUTCOME_CLEAR, 1, MS), -1);
	ck_assert_int_eq(out.error, ENOSPC);
	close(full);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *c = unit_case(suite, "text");

	tcase_add_checked_fixture(c, set_up, NULL);
	tcase_add_test(c, tells_of_the_connection);
	tcase_add_loop_test(
	    c, tells_of_each_answer_and_of_each_that_is_missing, 0, 2);
	tcase_add_test(c, tells_of_the_upgrade);
	tcase_add_test(c, tells_what_is_not_verified);
	tcase_add_test(c, tells_the_facts_of_what_failed);
	tcase_add_test(c, a_service_has_a_line_a_conversation);
	tcase_add_test(c, sums_up);
	tcase_add_test(c, sums_up_conversations);
	tcase_add_test(c, a_loss_is_no_exponent);
	tcase_add_test(c, sums_up_what_there_is);
	tcase_add_test(c, no_deviation_is_none);
	tcase_add_test(c, answers_SIGQUIT_on_standard_error);
	tcase_add_test(c, answers_SIGQUIT_with_conversations);
	tcase_add_test(c, notices_that_nobody_reads);
	return unit_main(suite);
}
