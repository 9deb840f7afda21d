/*
 * The table of options, with their defaults and limits.
 */
#include "server/options.h"

#include <limits.h>

#include "server/option_values.h"
#include "server/options_internal.h"

/* Half of Linux's default pid_max: each session is a process. */
#define MOST_SESSIONS 16384
/* More connections a second than any machine accepts. */
#define MOST_RATE 100000
/* No wider network has one owner. */
#define LEAST_IPV4_PREFIX 8
#define LEAST_IPV6_PREFIX 16

/* What a small machine handles with ease. */
#define DEFAULT_MAX_SESSIONS 1024
/* Enough for a site behind one address, and an eighth of all. */
#define DEFAULT_MAX_PER_SOURCE 128
/* A second.  The monitors of a site make a few; the machine handles a
 * thousand. */
#define DEFAULT_MAX_RATE_PER_SOURCE 64

static const struct options defaults = {
    .listener =
	{
	    .session =
		{
		    .idle_ms = 60000,
		    .handshake_ms = 10000,
		    /* After a day of pinging a client can reconnect. */
		    .total_ms = OPTION_MOST_MS,
		    .max_errors = 3,
		},
	    .max_sessions = DEFAULT_MAX_SESSIONS,
	    .max_sessions_per_source = DEFAULT_MAX_PER_SOURCE,
	    .source_prefix = {SOURCE_IPV4_MOST, SOURCE_IPV6_MOST},
	    .max_rate_per_source = DEFAULT_MAX_RATE_PER_SOURCE,
	    .penalties =
		{
		    .on = true,
		    .handshake_ms = 2000,
		    .crash_ms = 90000,
		    .min_ms = 15000,
		    .max_ms = 600000,
		},
	    .drain_ms = 10000,
	    .sandboxed = true,
	},
    .verify_client = VERIFY_CLIENT_UNSAID,
    .tickets.generate = true,
    .log = LOG_TARGET_AUTO,
    .log_most = LOG_INFO,
};

static const char *const tls_versions[] = {
    [POLICY_TLS_1_2] = "1.2",
    [POLICY_TLS_1_3] = "1.3",
    NULL,
};
static const char *const log_targets[] = {
    [LOG_TARGET_AUTO] = "auto",
    [LOG_TARGET_STDERR] = "stderr",
    [LOG_TARGET_SYSLOG] = "syslog",
    [LOG_TARGET_JOURNAL] = "journal",
    NULL,
};
static const char *const verify_client_how[] = {
    [VERIFY_CLIENT_REQUIRE] = "require",
    [VERIFY_CLIENT_OPTIONAL] = "optional",
    NULL,
};

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
    {OPTION_HEADING, .help = "How to run:"},
    {OPTION_CALL, 'l', "listen", "ADDRESS", .call = option_listen,
	.help = "listen on port, host:port, [ipv6]:port or /path\n"
		"(repeatable; default: 10001, every address)"},
    {OPTION_FLAG, 'i', "inetd", .place = AT(inetd),
	.help = "serve the socket that is standard input"},
    {OPTION_CALL, 0, "proxy-protocol", "NETWORKS",
	.call = option_proxy_protocol,
	.help = "proxies that say whom a connection is for"},
    {OPTION_TEXT, 'u', "user", "NAME", AT(user),
	.help = "become this user if started by root "
		"(" SERVICE_USER ")"},
    {OPTION_FLAG, 'D', "daemonize", .place = AT(daemonize),
	.help = "go to the background once connections\nare accepted"},
    {OPTION_TEXT, 'P', "pid-file", "FILE", AT(pid_file),
	.help = "write the process id to FILE"},
    {OPTION_FLAG, 't', "check-config", .place = AT(check_config),
	.help = "check options, certificates and keys, and exit"},

    {OPTION_HEADING, .help = "TLS:"},
    {OPTION_CALL, 'c', "cert", "FILE", .call = option_cert,
	.help = "certificate chain, PEM\n"
		"(" OPTIONS_DEFAULT_CERTIFICATE ")"},
    {OPTION_CALL, 'k', "key", "FILE", .call = option_key,
	.help = "its key, PEM (" OPTIONS_DEFAULT_KEY ")\n"
		"(both may be repeated, as pairs)"},
    {OPTION_CALL, 0, "ocsp-response", "FILE", .call = option_ocsp_response,
	.help = "to staple to the --cert before it"},
    {OPTION_CHOICE, 0, "min-tls", NULL, AT(oldest_tls), .choices = tls_versions,
	.help = "oldest version of TLS"},
    {OPTION_TEXT, 0, "tls-priority", "STRING", AT(priority),
	.help = "GnuTLS priority string (the system's)"},
    {OPTION_TEXT, 0, "client-ca", "FILE", AT(clients.ca_file),
	.help = "ask for client certificates of these CAs"},
    {OPTION_CHOICE, 0, "verify-client", NULL, AT(verify_client),
	.choices = verify_client_how,
	.help = "whether they must have one (require)"},
    {OPTION_TEXT, 0, "ticket-key-file", "FILE", AT(tickets.key_file),
	.help = "share session tickets with other hosts"},
    {OPTION_CLEAR, 0, "no-tickets", .place = AT(tickets.generate),
	.help = "no session tickets"},

    {OPTION_HEADING, .help = "Limits (times in seconds):"},
    {OPTION_COUNT, 0, "max-sessions", "N", AT(listener.max_sessions), 1,
	MOST_SESSIONS, .help = "in all"},
    {OPTION_COUNT, 0, "max-sessions-per-source", "N",
	AT(listener.max_sessions_per_source), 1, MOST_SESSIONS,
	.help = "from one source"},
    {OPTION_COUNT, 0, "max-rate-per-source", "N",
	AT(listener.max_rate_per_source), 0, MOST_RATE,
	.help = "connections a second from one,\n0: no limit"},
    {OPTION_COUNT, 0, "source-prefix-ipv4", "BITS",
	AT(listener.source_prefix.ipv4), LEAST_IPV4_PREFIX, SOURCE_IPV4_MOST,
	.help = "of an address, that tell sources apart"},
    {OPTION_COUNT, 0, "source-prefix-ipv6", "BITS",
	AT(listener.source_prefix.ipv6), LEAST_IPV6_PREFIX, SOURCE_IPV6_MOST,
	.help = "the same of IPv6"},
    {OPTION_CALL, 0, "penalties", "LIST", .call = option_penalties,
	.help = "seconds to refuse a source that keeps\n"
		"failing: " OPTIONS_DEFAULT_PENALTIES},
    {OPTION_CALL, 0, "penalty-exempt", "NETWORKS",
	.call = option_penalty_exempt, .help = "never penalised"},
    {OPTION_COUNT, 0, "max-errors", "N", AT(listener.session.max_errors), 1,
	UINT_MAX, .help = "in a session"},
    {OPTION_SECONDS, 0, "idle-timeout", "SECONDS", AT(listener.session.idle_ms),
	0, OPTION_MOST_MS, .help = "for a line, 0: no limit"},
    {OPTION_SECONDS, 0, "handshake-timeout", "SECONDS",
	AT(listener.session.handshake_ms), 0, OPTION_MOST_MS,
	.help = "for the upgrade to TLS,\n0: no limit"},
    {OPTION_SECONDS, 0, "session-timeout", "SECONDS",
	AT(listener.session.total_ms), 0, OPTION_MOST_MS,
	.help = "for a session, 0: no limit"},
    {OPTION_SECONDS, 0, "drain-timeout", "SECONDS", AT(listener.drain_ms), 0,
	OPTION_MOST_MS, .help = "for sessions to end on SIGTERM,\n0: at once"},

    {OPTION_HEADING, .help = "Log:"},
    {OPTION_CHOICE, 'L', "log", NULL, AT(log), .choices = log_targets,
	.help = "where to log"},
    {OPTION_TEXT, 0, "metrics-file", "FILE", AT(listener.metrics_file),
	.help = "counters for Prometheus"},
    {OPTION_SET, 'v', "verbose", NULL, AT(log_most), LOG_DEBUG,
	.help = "debugging too"},
    {OPTION_SET, 'q', "quiet", NULL, AT(log_most), LOG_WARNING,
	.help = "warnings and errors only"},

    {OPTION_HEADING, .help = "Debugging:"},
    {OPTION_CLEAR, 0, "no-sandbox", .place = AT(listener.sandboxed),
	.help = "do not confine sessions and keyholder"},
};

static const struct command_line command_line = {
    .program = "pingtlsd",
    .usage = "Usage: pingtlsd [OPTION]...\n"
	     "Answer PING with PONG, and upgrade to TLS on STARTTLS.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .defaults = &defaults,
};

static int
check_operands(char *const operands[], char *why)
{
	char shown[COMMAND_LINE_SHOWN_MAX];

	if (operands[0] == NULL)
		return 0;
	return command_line_wrong(why,
	    "%s: no argument is expected (see --help)",
	    command_line_show(operands[0], shown));
}

enum command_line_outcome
options_parse(int argc, char *argv[], struct options *o)
{
	char why[COMMAND_LINE_WHY_MAX];
	enum command_line_outcome outcome;
	int rest;

	*o = defaults;
	outcome = command_line_parse(&command_line, argc, argv, o, &rest, why);
	if (outcome == COMMAND_LINE_RUN &&
	    (check_operands(argv + rest, why) == -1 ||
		options_check(o, why) == -1))
		outcome = COMMAND_LINE_WRONG;
	if (outcome == COMMAND_LINE_WRONG)
		log_line(LOG_ERR, "%s", why);
	return outcome;
}

void
options_free(struct options *o)
{
	networks_free(o->listener.penalties.exempt);
	networks_free(o->listener.proxies);
}
