/*
 * What pingtls prints: each line, and the figures of the summary.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/report.h"
#include "unit.h"
#include "unit_files.h"
#include "unit_handshake.h"

#define MS INT64_C(1000000)

static struct ping_options options;
static struct probe_result result;
static struct report *report;
static struct probe_events events;

static void
set_up(void)
{
	options = (struct ping_options){
	    .host = "localhost",
	    .timeout_ms = 2500,
	};
	result = (struct probe_result){
	    .address = "127.0.0.1:10001",
	    .host = "127.0.0.1",
	    .connect_ns = 123456,
	    .handshake_ns = 9876543,
	};
	report = report_new(&options);
	ck_assert_ptr_nonnull(report);
	events = report_events(report);
}

static void
tear_down(void)
{
	report_free(report);
}

/* A ping and its answer after `ns`. */
static void
count(struct probe_tally *t, int64_t ns)
{
	t->sent++;
	probe_tally_add(t, ns);
}

START_TEST(tells_of_the_connection)
{
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(events.connected(events.context, &result), 0);
	ck_assert_str_eq(unit_capture_end(),
	    "PINGTLS localhost (127.0.0.1:10001): connected in 0.123 ms\n");
}
END_TEST

START_TEST(tells_of_each_answer_and_of_each_that_is_missing)
{
	options.quiet = _i == 1;
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(
	    events.answered(events.context, &result, PROBE_CLEAR, 1, MS), 0);
	ck_assert_int_eq(
	    events.unanswered(events.context, &result, PROBE_CLEAR, 2), 0);
	ck_assert_int_eq(
	    events.answered(events.context, &result, PROBE_TLS, 1, 1234 * MS),
	    0);
	ck_assert_int_eq(
	    events.unanswered(events.context, &result, PROBE_TLS, 20), 0);
	ck_assert_str_eq(unit_capture_end(),
	    options.quiet
		? ""
		: "PONG from 127.0.0.1 in the clear: seq=1 time=1.000 ms\n"
		  "no answer from 127.0.0.1 in the clear: seq=2 within 2.5 s\n"
		  "PONG from 127.0.0.1 over TLS: seq=1 time=1234.000 ms\n"
		  "no answer from 127.0.0.1 over TLS: seq=20 within 2.5 s\n");
}
END_TEST

/* What is printed of an upgrade by a server with the pair `name`.  It was made
 * for 365 days, of which a second may be over or not. */
static const char *
upgrade(const char *name)
{
	static char text[4096];
	char *days;
	gnutls_certificate_credentials_t credentials =
	    unit_server_credentials(name);
	gnutls_session_t client, server;
	struct verifier *verifier;
	char why[VERIFY_TEXT_MAX];
	int ret;

	options.verify.name = "localhost";
	options.verify.ca_file = unit_file("ca.pem");
	verifier = verify_new(&options.verify, why);
	ck_assert_msg(verifier != NULL, "%s", why);
	client = verify_session(verifier, &ret);
	server = unit_server_session(credentials,
	    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM"
	    ":-GROUP-ALL:+GROUP-X25519");
	ck_assert_int_eq(unit_handshake(client, server), 0);
	unit_capture_begin(STDOUT_FILENO);
	ret = events.upgraded(events.context, &result, verifier, client);
	snprintf(text, sizeof(text), "%s", unit_capture_end());
	ck_assert_int_eq(ret, 0);
	days = strstr(text, "365 days");
	if (days != NULL)
		days[2] = '4';
	gnutls_deinit(client);
	gnutls_deinit(server);
	gnutls_certificate_free_credentials(credentials);
	verify_free(verifier);
	return text;
}

#define HANDSHAKE \
	"STARTTLS: TLS1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, handshake " \
	"9.877 ms\n"
#define CERTIFICATE \
	"certificate: CN=localhost, issued by CN=pingtls test CA, matches " \
	"localhost, 364 days left\n"

START_TEST(tells_of_the_upgrade)
{
	const char *said;

	ck_assert_str_eq(upgrade("ecdsa"), HANDSHAKE CERTIFICATE);
	options.verbose = true;
	said = upgrade("ecdsa");
	ck_assert_int_eq(
	    strncmp(said, HANDSHAKE CERTIFICATE, strlen(HANDSHAKE CERTIFICATE)),
	    0);
	ck_assert_uint_eq(unit_lines(said), 6);
	ck_assert_ptr_nonnull(strstr(said, "\n  valid from 20"));
	ck_assert_ptr_nonnull(strstr(
	    said, "\n  key EC/ECDSA, 256 bits; signed with ECDSA-SHA256\n"));
	ck_assert_ptr_nonnull(strstr(said, "\n  SHA-256 fingerprint "));
	ck_assert_ptr_nonnull(
	    strstr(said, "\n  OCSP response: none stapled\n"));
}
END_TEST

START_TEST(tells_what_is_not_verified)
{
	const char *said;

	options.verify.insecure = true;
	ck_assert_str_eq(upgrade("ecdsa"), HANDSHAKE CERTIFICATE
	    "would have been verified without --insecure as well\n");
	ck_assert_str_eq(upgrade("wrong-name"), HANDSHAKE
	    "certificate: CN=elsewhere.example, issued by CN=pingtls test CA, "
	    "364 days left\n"
	    "NOT VERIFIED: name mismatch: certificate is for "
	    "elsewhere.example, not localhost\n");
	said = upgrade("expired");
	ck_assert_ptr_nonnull(strstr(said, " days past its end\n"));
	ck_assert_ptr_nonnull(
	    strstr(said, "NOT VERIFIED: certificate expired on 2021-01-01"));
}
END_TEST

static const char *
summary(void)
{
	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(report_end(report, &result), 0);
	return unit_capture_end();
}

START_TEST(sums_up)
{
	struct probe_tally *clear = &result.tally[PROBE_CLEAR],
			   *tls = &result.tally[PROBE_TLS];

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
	result.tally[PROBE_CLEAR].sent = 7;
	ck_assert_str_eq(summary(),
	    "\n--- localhost pingtls statistics ---\n"
	    "in the clear: 7 sent, 0 received, 100% loss, time 0 ms\n");
}
END_TEST

/* Rounding makes the variance of these -2. */
START_TEST(no_deviation_is_none)
{
	struct probe_tally *t = &result.tally[PROBE_CLEAR];

	for (int i = 0; i < 7; i++)
		count(t, 123456790);
	ck_assert_ptr_nonnull(
	    strstr(summary(), "= 123.457/123.457/123.457/0.000 ms\n"));
}
END_TEST

START_TEST(answers_SIGQUIT_on_standard_error)
{
	const char *said;

	count(&result.tally[PROBE_CLEAR], 2 * MS);
	result.tally[PROBE_CLEAR].sent++;
	unit_capture_begin(STDERR_FILENO);
	ck_assert_int_eq(events.asked(events.context, &result), 0);
	said = unit_capture_end();
	ck_assert_str_eq(said, "in the clear: 1/2 pings, 50% loss, "
			       "min/avg/max/mdev = 2.000/2.000/2.000/0.000 "
			       "ms\n");
	result.tally[PROBE_TLS].sent = 1;
	unit_capture_begin(STDERR_FILENO);
	ck_assert_int_eq(events.asked(events.context, &result), 0);
	said = unit_capture_end();
	ck_assert_str_eq(said, "over TLS: 0/1 pings, 100% loss\n");
}
END_TEST

/* Where it cannot be written to, the conversation is to end, and the first
 * cause is told. */
START_TEST(notices_that_nobody_reads)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC),
	    saved = dup(STDOUT_FILENO), connected, answered, ended, error;

	ck_assert_int_ne(full, -1);
	fflush(stdout);
	dup2(full, STDOUT_FILENO);
	connected = events.connected(events.context, &result);
	errno = 0;
	answered = events.answered(events.context, &result, PROBE_CLEAR, 1, MS);
	errno = 0;
	ended = report_end(report, &result);
	error = errno;
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(full);
	ck_assert_int_eq(connected, -1);
	ck_assert_int_eq(answered, -1);
	ck_assert_int_eq(ended, -1);
	ck_assert_int_eq(error, ENOSPC);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *c = unit_case(suite, "report");
	int status;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, tells_of_the_connection);
	tcase_add_loop_test(
	    c, tells_of_each_answer_and_of_each_that_is_missing, 0, 2);
	tcase_add_test(c, tells_of_the_upgrade);
	tcase_add_test(c, tells_what_is_not_verified);
	tcase_add_test(c, sums_up);
	tcase_add_test(c, sums_up_what_there_is);
	tcase_add_test(c, no_deviation_is_none);
	tcase_add_test(c, answers_SIGQUIT_on_standard_error);
	tcase_add_test(c, notices_that_nobody_reads);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
