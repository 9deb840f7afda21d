/*
 * The command line of pingtlsd: defaults, every option, every mistake.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/options.h"
#include "unit.h"

static struct options o;

/* Parses words that are separated by blanks. */
static enum command_line_outcome
parse(const char *words)
{
	static char *argv[UNIT_WORDS_MOST];
	int argc = unit_words("pingtlsd", words, argv);

	return options_parse(argc, argv, &o);
}

static void
accept_words(const char *words)
{
	const char *said;
	enum command_line_outcome outcome;

	unit_capture_begin(STDERR_FILENO);
	outcome = parse(words);
	said = unit_capture_end();
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(outcome, COMMAND_LINE_RUN);
}

static bool
ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) &&
	       strcmp(text + strlen(text) - strlen(end), end) == 0;
}

START_TEST(has_defaults)
{
	accept_words("");
	ck_assert_uint_eq(o.listen_count, 0);
	ck_assert(!o.inetd);
	ck_assert_uint_eq(o.pair_count, 1);
	ck_assert(ends_with(o.pairs[0].certificate_file, "/pingtls/cert.pem"));
	ck_assert(ends_with(o.pairs[0].key_file, "/pingtls/key.pem"));
	ck_assert_ptr_null(o.pairs[0].ocsp_file);
	ck_assert_ptr_null(o.priority);
	ck_assert_int_eq(o.oldest_tls, POLICY_TLS_1_2);
	ck_assert_ptr_null(o.clients.ca_file);
	ck_assert(!o.clients.optional);
	ck_assert_ptr_null(o.tickets.key_file);
	ck_assert(o.tickets.generate);
	ck_assert_ptr_null(o.user);
	ck_assert_ptr_null(o.pid_file);
	ck_assert(!o.daemonize);
	ck_assert(!o.check_config);
	ck_assert(o.listener.sandboxed);
	ck_assert_uint_eq(o.listener.max_sessions, 1024);
	ck_assert_uint_eq(o.listener.max_sessions_per_source, 128);
	ck_assert_uint_eq(o.listener.max_rate_per_source, 64);
	ck_assert_uint_eq(o.listener.source_prefix.ipv4, 32);
	ck_assert_uint_eq(o.listener.source_prefix.ipv6, 64);
	ck_assert(o.listener.penalties.on);
	ck_assert_int_eq(o.listener.penalties.handshake_ms, 2000);
	ck_assert_int_eq(o.listener.penalties.crash_ms, 90000);
	ck_assert_int_eq(o.listener.penalties.min_ms, 15000);
	ck_assert_int_eq(o.listener.penalties.max_ms, 600000);
	ck_assert_ptr_null(o.listener.penalties.exempt);
	ck_assert_ptr_null(o.listener.proxies);
	ck_assert_ptr_null(o.listener.metrics_file);
	ck_assert_uint_eq(o.listener.session.max_errors, 3);
	ck_assert_int_eq(o.listener.session.idle_ms, 60000);
	ck_assert_int_eq(o.listener.session.handshake_ms, 10000);
	ck_assert_int_eq(o.listener.session.total_ms, 86400000);
	ck_assert_int_eq(o.listener.drain_ms, 10000);
	ck_assert_int_eq(o.log, LOG_TARGET_AUTO);
	ck_assert_int_eq(o.log_most, LOG_INFO);
}
END_TEST

START_TEST(takes_long_options)
{
	accept_words("--listen=1 --listen [::1]:2 --listen=/run/ping "
		     "--cert=c1 --key=k1 --key k2 --cert c2 "
		     "--tls-priority=NORMAL --user=nobody --max-sessions=1 "
		     "--max-sessions-per-source=16384 --max-errors=4294967295 "
		     "--source-prefix-ipv4=24 --source-prefix-ipv6=48 "
		     "--idle-timeout=0 --handshake-timeout=0.5 "
		     "--session-timeout=0 --drain-timeout=2 --log=syslog "
		     "--pid-file=pid --check-config --verbose --no-sandbox");
	ck_assert_uint_eq(o.listen_count, 3);
	ck_assert_str_eq(o.listen[0], "1");
	ck_assert_str_eq(o.listen[1], "[::1]:2");
	ck_assert_str_eq(o.listen[2], "/run/ping");
	ck_assert_uint_eq(o.pair_count, 2);
	ck_assert_str_eq(o.pairs[0].certificate_file, "c1");
	ck_assert_str_eq(o.pairs[0].key_file, "k1");
	ck_assert_str_eq(o.pairs[1].certificate_file, "c2");
	ck_assert_str_eq(o.pairs[1].key_file, "k2");
	ck_assert_str_eq(o.priority, "NORMAL");
	ck_assert_str_eq(o.user, "nobody");
	ck_assert_uint_eq(o.listener.max_sessions, 1);
	ck_assert_uint_eq(o.listener.max_sessions_per_source, 16384);
	ck_assert_uint_eq(o.listener.source_prefix.ipv4, 24);
	ck_assert_uint_eq(o.listener.source_prefix.ipv6, 48);
	ck_assert_uint_eq(o.listener.session.max_errors, 4294967295U);
	ck_assert_int_eq(o.listener.session.idle_ms, 0);
	ck_assert_int_eq(o.listener.session.handshake_ms, 500);
	ck_assert_int_eq(o.listener.session.total_ms, 0);
	ck_assert_int_eq(o.listener.drain_ms, 2000);
	ck_assert_int_eq(o.log, LOG_TARGET_SYSLOG);
	ck_assert_str_eq(o.pid_file, "pid");
	ck_assert(o.check_config);
	ck_assert_int_eq(o.log_most, LOG_DEBUG);
	ck_assert(!o.listener.sandboxed);
}
END_TEST

START_TEST(takes_the_options_of_tls)
{
	accept_words("--min-tls=1.3 --client-ca ca --verify-client=optional");
	ck_assert_int_eq(o.oldest_tls, POLICY_TLS_1_3);
	ck_assert_str_eq(o.clients.ca_file, "ca");
	ck_assert(o.clients.optional);
	accept_words("--min-tls 1.2 --verify-client require --client-ca=ca");
	ck_assert_int_eq(o.oldest_tls, POLICY_TLS_1_2);
	ck_assert(!o.clients.optional);
	accept_words("--ticket-key-file=t");
	ck_assert_str_eq(o.tickets.key_file, "t");
	accept_words("--no-tickets --client-ca ca");
	ck_assert(!o.tickets.generate);
}
END_TEST

/* Each goes with the certificate before it, or with the first. */
START_TEST(pairs_responses_with_certificates)
{
	accept_words("-c c1 -k k1 -c c2 -k k2 --ocsp-response=r2 -c c3 -k k3");
	ck_assert_ptr_null(o.pairs[0].ocsp_file);
	ck_assert_str_eq(o.pairs[1].ocsp_file, "r2");
	ck_assert_ptr_null(o.pairs[2].ocsp_file);
	accept_words("--ocsp-response=r -c c -k k");
	ck_assert_str_eq(o.pairs[0].ocsp_file, "r");
	ck_assert_str_eq(o.pairs[0].certificate_file, "c");
	accept_words("--ocsp-response=r");
	ck_assert_str_eq(o.pairs[0].ocsp_file, "r");
	ck_assert(ends_with(o.pairs[0].certificate_file, "/pingtls/cert.pem"));
}
END_TEST

START_TEST(takes_short_options)
{
	accept_words("-D -l 1 -l2 -c /c -k /k -u nobody -P /pid -L journal -t "
		     "-v -q");
	ck_assert(o.daemonize);
	ck_assert_uint_eq(o.listen_count, 2);
	ck_assert_str_eq(o.listen[1], "2");
	ck_assert_str_eq(o.pairs[0].certificate_file, "/c");
	ck_assert_str_eq(o.pairs[0].key_file, "/k");
	ck_assert_str_eq(o.user, "nobody");
	ck_assert_str_eq(o.pid_file, "/pid");
	ck_assert_int_eq(o.log, LOG_TARGET_JOURNAL);
	ck_assert(o.check_config);
	ck_assert_int_eq(o.log_most, LOG_WARNING);

	accept_words("-i -L stderr");
	ck_assert(o.inetd);
	/* Nothing is left of the last command line. */
	ck_assert(!o.daemonize);
	ck_assert_uint_eq(o.listen_count, 0);
	ck_assert_int_eq(o.log, LOG_TARGET_STDERR);
	accept_words("--inetd --log=auto");
	ck_assert_int_eq(o.log, LOG_TARGET_AUTO);
}
END_TEST

START_TEST(takes_as_many_as_there_is_room_for)
{
	char words[4096] = "";

	for (int i = 0; i < SOCKETS_MAX; i++)
		strcat(words, "-l 1 ");
	for (int i = 0; i < KEYHOLDER_KEYS_MAX; i++)
		strcat(words, "-cc -kk ");
	accept_words(words);
	ck_assert_uint_eq(o.listen_count, SOCKETS_MAX);
	ck_assert_uint_eq(o.pair_count, KEYHOLDER_KEYS_MAX);
}
END_TEST

START_TEST(takes_limits_by_source)
{
	struct sockaddr_in peer = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	accept_words("--max-rate-per-source=0 --penalties=min=1.5,handshake=7 "
		     "--penalty-exempt=192.0.2.0/24 --penalty-exempt=127.0.0.1 "
		     "--proxy-protocol=::1,unix --metrics-file=m");
	ck_assert_uint_eq(o.listener.max_rate_per_source, 0);
	ck_assert(o.listener.penalties.on);
	ck_assert_int_eq(o.listener.penalties.min_ms, 1500);
	ck_assert_int_eq(o.listener.penalties.handshake_ms, 7000);
	ck_assert_int_eq(o.listener.penalties.max_ms, 600000); /* as it was */
	/* The last list is the one. */
	ck_assert(networks_match(
	    o.listener.penalties.exempt, (struct sockaddr *)&peer));
	ck_assert(
	    !networks_match(o.listener.proxies, (struct sockaddr *)&peer));
	ck_assert_str_eq(o.listener.metrics_file, "m");
	options_free(&o);
	accept_words("--penalties=none");
	ck_assert(!o.listener.penalties.on);
	options_free(&o);
	accept_words("--penalties=no"); /* as sshd_config(5) has it */
	ck_assert(!o.listener.penalties.on);
	accept_words("--penalties=none --penalties=crash=1");
	ck_assert(o.listener.penalties.on);
}
END_TEST

#define WANT_PENALTIES \
	": must be none, or seconds like " \
	"handshake=2,crash=90,min=15,max=600"

static const struct {
	const char *words, *why;
} mistakes[] = {
    {"--bogus", "--bogus: no such option (see --help)"},
    {"--max", "--max: is ambiguous (see --help)"},
    {"--max=1", "--max=1: is ambiguous (see --help)"},
    {"-x", "-x: no such option (see --help)"},
    {"-qx", "-x: no such option (see --help)"},
    {"--inetd=yes", "--inetd=yes: takes no value (see --help)"},
    {"--no-sandbox=1", "--no-sandbox=1: takes no value (see --help)"},
    {"--help=me", "--help=me: takes no value (see --help)"},
    {"--listen", "--listen: needs a value (see --help)"},
    {"--max-sessions", "--max-sessions: needs a value (see --help)"},
    {"-l", "-l: needs a value (see --help)"},
    {"-k k -c", "-c: needs a value (see --help)"},
    {"10001", "10001: no argument is expected (see --help)"},
    {"-q -- -v", "-v: no argument is expected (see --help)"},
    {"-c c", "--cert was given 1 times and --key 0: they come in pairs"},
    {"-k k", "--cert was given 0 times and --key 1: they come in pairs"},
    {"-c c -k k -c c",
	"--cert was given 2 times and --key 1: they come in pairs"},
    {"-i -l 1", "--inetd and --listen exclude each other"},
    {"-i -D", "--inetd excludes --daemonize and --pid-file"},
    {"-i -P p", "--inetd excludes --daemonize and --pid-file"},
    {"-D -c c -k /k", "--cert c: must begin with / with --daemonize"},
    {"-D -c /c -k k", "--key k: must begin with / with --daemonize"},
    {"-D -P p", "--pid-file p: must begin with / with --daemonize"},
    {"-D -c /c -k /k --ocsp-response=r",
	"--ocsp-response r: must begin with / with --daemonize"},
    {"-D --client-ca=ca", "--client-ca ca: must begin with / with --daemonize"},
    {"-D --ticket-key-file=t",
	"--ticket-key-file t: must begin with / with --daemonize"},
    {"--min-tls=1.1", "--min-tls 1.1: must be 1.2 or 1.3"},
    {"--min-tls=1.25", "--min-tls 1.25: must be 1.2 or 1.3"},
    {"--verify-client=maybe",
	"--verify-client maybe: must be require or optional"},
    {"--verify-client=require", "--verify-client needs --client-ca"},
    {"--verify-client=optional", "--verify-client needs --client-ca"},
    {"--client-ca=ca --ticket-key-file=t",
	"--client-ca and --ticket-key-file exclude each other: no ticket "
	"stands for a certificate"},
    {"--no-tickets --ticket-key-file=t",
	"--no-tickets and --ticket-key-file exclude each other"},
    {"--no-tickets=1", "--no-tickets=1: takes no value (see --help)"},
    {"-c c -k k --ocsp-response=r --ocsp-response=s",
	"--ocsp-response s: only one goes with the --cert before it"},
    {"--max-sessions=0", "--max-sessions 0: must be a number from 1 to 16384"},
    {"--max-sessions=16385",
	"--max-sessions 16385: must be a number from 1 to 16384"},
    {"--max-sessions=-1",
	"--max-sessions -1: must be a number from 1 to 16384"},
    {"--source-prefix-ipv6=65",
	"--source-prefix-ipv6 65: must be a number from 16 to 64"},
    {"--max-sessions-per-source=many",
	"--max-sessions-per-source many: must be a number from 1 to 16384"},
    {"--max-rate-per-source=100001",
	"--max-rate-per-source 100001: must be a number from 0 to 100000"},
    {"--penalties=all", "--penalties all" WANT_PENALTIES},
    {"--penalties=min", "--penalties min" WANT_PENALTIES},
    {"--penalties=min=1,max=x", "--penalties min=1,max=x" WANT_PENALTIES},
    {"--penalties=min=2,max=1",
	"--penalties min=2,max=1: min is more than max"},
    {"--penalty-exempt=localhost",
	"--penalty-exempt localhost: must be addresses and networks, commas "
	"between"},
    {"--proxy-protocol=10.0.0.1/8",
	"--proxy-protocol 10.0.0.1/8: must be addresses and networks, commas "
	"between"},
    {"-D --metrics-file=m",
	"--metrics-file m: must begin with / with --daemonize"},
    {"--max-errors=0", "--max-errors 0: must be a number from 1 to 4294967295"},
    {"--max-errors=4294967296",
	"--max-errors 4294967296: must be a number from 1 to 4294967295"},
    {"--idle-timeout=soon", "--idle-timeout soon: must be seconds from 0 to "
			    "86400, three decimals at most"},
    {"--handshake-timeout=-1", "--handshake-timeout -1: must be seconds from 0 "
			       "to 86400, three decimals at most"},
    {"--session-timeout=86400.001",
	"--session-timeout 86400.001: must be seconds from 0 to 86400, three "
	"decimals at most"},
    {"--drain-timeout=1s", "--drain-timeout 1s: must be seconds from 0 to "
			   "86400, three decimals at most"},
    {"--log=file", "--log file: must be auto, stderr, syslog or journal"},
    {"-L stdout", "--log stdout: must be auto, stderr, syslog or journal"},
};
#define MISTAKES ((int)(sizeof(mistakes) / sizeof(mistakes[0])))

static void
refuse(const char *words, const char *why)
{
	enum command_line_outcome outcome;
	char want[512];
	const char *said;

	unit_capture_begin(STDERR_FILENO);
	outcome = parse(words);
	said = unit_capture_end();
	snprintf(want, sizeof(want), "pingtlsd: %s\n", why);
	ck_assert_str_eq(said, want);
	ck_assert_int_eq(outcome, COMMAND_LINE_WRONG);
}

START_TEST(says_what_is_wrong)
{
	for (int i = 0; i < MISTAKES; i++)
		refuse(mistakes[i].words, mistakes[i].why);
}
END_TEST

START_TEST(refuses_one_too_many)
{
	char words[4096] = "";

	for (int i = 0; i <= SOCKETS_MAX; i++)
		strcat(words, "-l 1 ");
	refuse(words, "--listen 1: given too often");
	words[0] = '\0';
	for (int i = 0; i <= KEYHOLDER_KEYS_MAX; i++)
		strcat(words, "-c c ");
	refuse(words, "--cert c: given too often");
	words[0] = '\0';
	for (int i = 0; i <= KEYHOLDER_KEYS_MAX; i++)
		strcat(words, "-k k ");
	refuse(words, "--key k: given too often");
}
END_TEST

/* Each option's line, not wider than a terminal; but for the directory that
 * configure was told, which may be any. */
static void
expect_help(const char *words)
{
	static const char *const names[] = {"listen", "inetd", "user",
	    "daemonize", "pid-file", "check-config", "cert", "key",
	    "ocsp-response", "min-tls", "tls-priority", "client-ca",
	    "verify-client", "ticket-key-file", "no-tickets", "max-sessions",
	    "max-sessions-per-source", "max-rate-per-source", "penalties",
	    "source-prefix-ipv4", "source-prefix-ipv6", "penalty-exempt",
	    "proxy-protocol", "metrics-file", "max-errors", "idle-timeout",
	    "handshake-timeout", "session-timeout", "drain-timeout", "log",
	    "verbose", "quiet", "no-sandbox", "help", "version"};
	enum command_line_outcome outcome;
	const char *said;
	char option[64];

	unit_capture_begin(STDOUT_FILENO);
	outcome = parse(words);
	said = unit_capture_end();
	ck_assert_int_eq(outcome, COMMAND_LINE_SHOWN);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(option, sizeof(option), " --%s", names[i]);
		ck_assert_msg(strstr(said, option) != NULL, "no %s", names[i]);
	}
	for (size_t width; *said != '\0'; said += width + 1) {
		const char *directory = strstr(said, SYSCONFDIR);
		size_t most = 80;

		width = strcspn(said, "\n");
		if (directory != NULL && directory < said + width)
			most += strlen(SYSCONFDIR);
		ck_assert_uint_le(width, most);
	}
}

START_TEST(shows_help)
{
	expect_help("--help");
	expect_help("-h");
}
END_TEST

START_TEST(shows_its_version)
{
	const char *said;

	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(parse("--version"), COMMAND_LINE_SHOWN);
	ck_assert_int_eq(parse("-V"), COMMAND_LINE_SHOWN);
	said = unit_capture_end();
	ck_assert_uint_eq(unit_lines(said), 2);
	ck_assert_int_eq(strncmp(said, "pingtlsd ", 9), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("options");
	TCase *c = unit_case(suite, "options");

	log_open("pingtlsd", LOG_TARGET_STDERR, LOG_DEBUG);
	tcase_add_test(c, has_defaults);
	tcase_add_test(c, takes_long_options);
	tcase_add_test(c, takes_the_options_of_tls);
	tcase_add_test(c, pairs_responses_with_certificates);
	tcase_add_test(c, takes_short_options);
	tcase_add_test(c, takes_limits_by_source);
	tcase_add_test(c, takes_as_many_as_there_is_room_for);
	tcase_add_test(c, says_what_is_wrong);
	tcase_add_test(c, refuses_one_too_many);
	tcase_add_test(c, shows_help);
	tcase_add_test(c, shows_its_version);
	return unit_main(suite);
}
