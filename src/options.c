/*
 * The command line of pingtlsd.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

#define DEFAULT_CERTIFICATE SYSCONFDIR "/pingtls/cert.pem"
#define DEFAULT_KEY SYSCONFDIR "/pingtls/key.pem"

/* A service of small processes: what a small machine holds with ease. */
#define DEFAULT_MAX_SESSIONS 1024
/* Room for a site behind one address, and for seven more sites. */
#define DEFAULT_MAX_PER_SOURCE 128
/* New connections a second from one source.  A site's monitors make a few; the
 * machine takes a thousand. */
#define DEFAULT_MAX_RATE_PER_SOURCE 64
/* Half of Linux's default pid_max is more than any machine runs. */
#define MOST_SESSIONS 16384
/* More than any machine accepts. */
#define MOST_RATE 100000
/* A day: no one waits longer for a line, and a session that lasts longer is
 * as well begun anew. */
#define MOST_MS (24 * 60 * 60 * INT64_C(1000))

enum {
	TLS_PRIORITY = 256,
	MIN_TLS,
	OCSP_RESPONSE,
	CLIENT_CA,
	VERIFY_CLIENT,
	TICKET_KEY_FILE,
	NO_TICKETS,
	MAX_SESSIONS,
	MAX_SESSIONS_PER_SOURCE,
	MAX_RATE_PER_SOURCE,
	PENALTIES,
	PENALTY_EXEMPT,
	PROXY_PROTOCOL,
	METRICS_FILE,
	MAX_ERRORS,
	IDLE_TIMEOUT,
	HANDSHAKE_TIMEOUT,
	SESSION_TIMEOUT,
	DRAIN_TIMEOUT,
	NO_SANDBOX,
};

static const char short_options[] = ":c:DhiL:l:k:P:qtu:Vv";
static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"inetd", no_argument, NULL, 'i'},
    {"cert", required_argument, NULL, 'c'},
    {"key", required_argument, NULL, 'k'},
    {"ocsp-response", required_argument, NULL, OCSP_RESPONSE},
    {"min-tls", required_argument, NULL, MIN_TLS},
    {"tls-priority", required_argument, NULL, TLS_PRIORITY},
    {"client-ca", required_argument, NULL, CLIENT_CA},
    {"verify-client", required_argument, NULL, VERIFY_CLIENT},
    {"ticket-key-file", required_argument, NULL, TICKET_KEY_FILE},
    {"no-tickets", no_argument, NULL, NO_TICKETS},
    {"user", required_argument, NULL, 'u'},
    {"max-sessions", required_argument, NULL, MAX_SESSIONS},
    {"max-sessions-per-source", required_argument, NULL,
	MAX_SESSIONS_PER_SOURCE},
    {"max-rate-per-source", required_argument, NULL, MAX_RATE_PER_SOURCE},
    {"penalties", required_argument, NULL, PENALTIES},
    {"penalty-exempt", required_argument, NULL, PENALTY_EXEMPT},
    {"proxy-protocol", required_argument, NULL, PROXY_PROTOCOL},
    {"metrics-file", required_argument, NULL, METRICS_FILE},
    {"max-errors", required_argument, NULL, MAX_ERRORS},
    {"idle-timeout", required_argument, NULL, IDLE_TIMEOUT},
    {"handshake-timeout", required_argument, NULL, HANDSHAKE_TIMEOUT},
    {"session-timeout", required_argument, NULL, SESSION_TIMEOUT},
    {"drain-timeout", required_argument, NULL, DRAIN_TIMEOUT},
    {"no-sandbox", no_argument, NULL, NO_SANDBOX},
    {"daemonize", no_argument, NULL, 'D'},
    {"pid-file", required_argument, NULL, 'P'},
    {"log", required_argument, NULL, 'L'},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"check-config", no_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: pingtlsd [OPTION]...\n"
    "Answer PING with PONG, and upgrade to TLS on STARTTLS.\n"
    "\n"
    "How to run:\n"
    "  -l, --listen=ADDRESS   listen on port, host:port, [ipv6]:port or /path\n"
    "                         (may be repeated; default: 10001, every "
    "address)\n"
    "  -i, --inetd            serve the socket that is standard input\n"
    "      --proxy-protocol=NETWORKS  proxies that say whom a connection is "
    "for\n"
    "  -u, --user=NAME        become this user if started by root "
    "(" SERVICE_USER ")\n"
    "  -D, --daemonize        go to the background once connections are "
    "accepted\n"
    "  -P, --pid-file=FILE    write the process id to FILE\n"
    "  -t, --check-config     check options, certificates and keys, and exit\n"
    "\n"
    "TLS:\n"
    "  -c, --cert=FILE        certificate chain, PEM\n"
    "                         (" DEFAULT_CERTIFICATE ")\n"
    "  -k, --key=FILE         its key, PEM (" DEFAULT_KEY ")\n"
    "                         (both may be repeated, as pairs)\n"
    "      --ocsp-response=FILE   to staple to the --cert before it\n"
    "      --min-tls=VERSION      1.2 or 1.3 (1.2)\n"
    "      --tls-priority=STRING  GnuTLS priority string (the system's)\n"
    "      --client-ca=FILE       ask clients for a certificate of these CAs\n"
    "      --verify-client=HOW    require or optional (require)\n"
    "      --ticket-key-file=FILE share session tickets with other hosts\n"
    "      --no-tickets           no session tickets\n"
    "\n"
    "Limits (times in seconds, 0: none):\n"
    "      --max-sessions=N             in all (%d)\n"
    "      --max-sessions-per-source=N  from one address or IPv6 /64 (%d)\n"
    "      --max-rate-per-source=N      connections a second from one (%d)\n"
    "      --penalties=LIST             seconds to refuse a source that keeps\n"
    "                                   failing: %s\n"
    "      --penalty-exempt=NETWORKS    never penalised\n"
    "      --max-errors=N               in a session (%u)\n"
    "      --idle-timeout=SECONDS       for a line (%g)\n"
    "      --handshake-timeout=SECONDS  for the upgrade to TLS (%g)\n"
    "      --session-timeout=SECONDS    for a session (%g)\n"
    "      --drain-timeout=SECONDS      for sessions to end on SIGTERM (%g)\n"
    "                                   (0: at once)\n"
    "\n"
    "Log:\n"
    "  -L, --log=WHERE        auto, stderr, syslog or journal (auto)\n"
    "      --metrics-file=FILE  counters for Prometheus\n"
    "  -v, --verbose          debugging too\n"
    "  -q, --quiet            warnings and errors only\n"
    "\n"
    "Debugging:\n"
    "      --no-sandbox       do not confine sessions and keyholder\n"
    "\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

#define DEFAULT_PENALTIES "handshake=2,crash=90,min=15,max=600"

static const struct options defaults = {
    .session =
	{
	    .idle_ms = 60000,
	    .handshake_ms = 10000,
	    .total_ms = 0,
	    .max_errors = 3,
	},
    .max_sessions = DEFAULT_MAX_SESSIONS,
    .max_sessions_per_source = DEFAULT_MAX_PER_SOURCE,
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
    .tickets.generate = true,
    .sandboxed = true,
    .log = LOG_TARGET_AUTO,
    .log_most = LOG_INFO,
};

static void
show_help(void)
{
	printf(help, DEFAULT_MAX_SESSIONS, DEFAULT_MAX_PER_SOURCE,
	    DEFAULT_MAX_RATE_PER_SOURCE, DEFAULT_PENALTIES,
	    defaults.session.max_errors, (double)defaults.session.idle_ms / 1e3,
	    (double)defaults.session.handshake_ms / 1e3,
	    (double)defaults.session.total_ms / 1e3,
	    (double)defaults.drain_ms / 1e3);
}

static int
wrong(const char *option, const char *value, const char *want)
{
	log_line(LOG_ERR, "--%s %s: %s", option, value, want);
	return -1;
}

static int
number(const char *option, const char *text, unsigned long least,
    unsigned long most, unsigned long *value)
{
	char want[64];

	if (parse_count(text, least, most, value) == 0)
		return 0;
	snprintf(want, sizeof(want), "must be a number from %lu to %lu", least,
	    most);
	return wrong(option, text, want);
}

static int
seconds(const char *option, const char *text, int64_t *ms)
{
	char want[64];

	if (parse_seconds(text, 0, MOST_MS, ms) == 0)
		return 0;
	snprintf(want, sizeof(want), "must be seconds from 0 to %d",
	    (int)(MOST_MS / 1000));
	return wrong(option, text, want);
}

static int
networks(const char *option, const char *text, struct networks **list)
{
	networks_free(*list);
	*list = networks_parse(text);
	return *list != NULL
	           ? 0
	           : wrong(option, text,
			 errno == ENOMEM ? strerror(errno)
					 : "must be addresses and networks, "
					   "commas between");
}

/* Reads "handshake=2,crash=90,min=15,max=600", or a part of it, or "none". */
static int
penalties(const char *option, char *text, struct penalty_options *p)
{
	static char *const names[] = {"handshake", "crash", "min", "max", NULL};
	int64_t *const values[] = {
	    &p->handshake_ms, &p->crash_ms, &p->min_ms, &p->max_ms};
	char *rest = text, *value, whole[64];
	int i;

	p->on = strcmp(text, "none") != 0;
	if (!p->on)
		return 0;
	snprintf(whole, sizeof(whole), "%s", text); /* getsubopt cuts it up */
	while (*rest != '\0') {
		i = getsubopt(&rest, names, &value);
		if (i == -1 || value == NULL ||
		    parse_seconds(value, 0, MOST_MS, values[i]) == -1)
			return wrong(option, whole,
			    "must be none, or seconds like " DEFAULT_PENALTIES);
	}
	if (p->min_ms > p->max_ms)
		return wrong(option, whole, "min is more than max");
	return 0;
}

static int
target(const char *text, enum log_target *log)
{
	static const char *const names[] = {
	    [LOG_TARGET_AUTO] = "auto",
	    [LOG_TARGET_STDERR] = "stderr",
	    [LOG_TARGET_SYSLOG] = "syslog",
	    [LOG_TARGET_JOURNAL] = "journal",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*log = (enum log_target)i;
			return 0;
		}
	return wrong("log", text, "must be auto, stderr, syslog or journal");
}

static int
oldest_tls(const char *text, enum policy_oldest *oldest)
{
	if (strcmp(text, "1.2") == 0)
		*oldest = POLICY_TLS_1_2;
	else if (strcmp(text, "1.3") == 0)
		*oldest = POLICY_TLS_1_3;
	else
		return wrong("min-tls", text, "must be 1.2 or 1.3");
	return 0;
}

static int
verify_client(const char *text, struct clients_options *clients)
{
	clients->optional = strcmp(text, "optional") == 0;
	if (clients->optional || strcmp(text, "require") == 0)
		return 0;
	return wrong("verify-client", text, "must be require or optional");
}

/* A response goes with the certificate before it, or with the default one. */
static int
ocsp_response(struct options *o, const char *file)
{
	struct key_pair *pair =
	    &o->pairs[o->pair_count == 0 ? 0 : o->pair_count - 1];

	if (pair->ocsp_file != NULL)
		return wrong("ocsp-response", file,
		    "only one goes with the --cert before it");
	pair->ocsp_file = file;
	return 0;
}

/* Takes one option that has a value; returns 0, or -1 after logging. */
static int
take(struct options *o, size_t *keys, int option, const char *name, char *value)
{
	unsigned long count;

	switch (option) {
	case 'l':
		if (o->listen_count == SOCKETS_MAX)
			return wrong(name, value, "given too often");
		o->listen[o->listen_count++] = value;
		return 0;
	case 'c':
		if (o->pair_count == KEYHOLDER_KEYS_MAX)
			return wrong(name, value, "given too often");
		o->pairs[o->pair_count++].certificate_file = value;
		return 0;
	case 'k':
		if (*keys == KEYHOLDER_KEYS_MAX)
			return wrong(name, value, "given too often");
		o->pairs[(*keys)++].key_file = value;
		return 0;
	case 'u':
		o->user = value;
		return 0;
	case 'P':
		o->pid_file = value;
		return 0;
	case 'L':
		return target(value, &o->log);
	case TLS_PRIORITY:
		o->priority = value;
		return 0;
	case MIN_TLS:
		return oldest_tls(value, &o->oldest_tls);
	case OCSP_RESPONSE:
		return ocsp_response(o, value);
	case CLIENT_CA:
		o->clients.ca_file = value;
		return 0;
	case VERIFY_CLIENT:
		o->verify_client = true;
		return verify_client(value, &o->clients);
	case TICKET_KEY_FILE:
		o->tickets.key_file = value;
		return 0;
	case MAX_SESSIONS:
		return number(name, value, 1, MOST_SESSIONS, &o->max_sessions);
	case MAX_SESSIONS_PER_SOURCE:
		return number(
		    name, value, 1, MOST_SESSIONS, &o->max_sessions_per_source);
	case MAX_RATE_PER_SOURCE:
		return number(
		    name, value, 0, MOST_RATE, &o->max_rate_per_source);
	case PENALTIES:
		return penalties(name, value, &o->penalties);
	case PENALTY_EXEMPT:
		return networks(name, value, &o->penalties.exempt);
	case PROXY_PROTOCOL:
		return networks(name, value, &o->proxies);
	case METRICS_FILE:
		o->metrics_file = value;
		return 0;
	case MAX_ERRORS:
		if (number(name, value, 1, UINT_MAX, &count) == -1)
			return -1;
		o->session.max_errors = (unsigned int)count;
		return 0;
	case IDLE_TIMEOUT:
		return seconds(name, value, &o->session.idle_ms);
	case HANDSHAKE_TIMEOUT:
		return seconds(name, value, &o->session.handshake_ms);
	case SESSION_TIMEOUT:
		return seconds(name, value, &o->session.total_ms);
	default: /* DRAIN_TIMEOUT */
		return seconds(name, value, &o->drain_ms);
	}
}

/* In the background the directory is "/", at a reload too. */
static int
check_absolute(const char *option, const char *file)
{
	if (file == NULL || file[0] == '/')
		return 0;
	return wrong(option, file, "must begin with / with --daemonize");
}

/* What goes together of TLS. */
static int
check_tls(const struct options *o)
{
	const char *wrongly = NULL;

	if (o->verify_client && o->clients.ca_file == NULL)
		wrongly = "--verify-client needs --client-ca";
	/* See credentials.h. */
	else if (o->clients.ca_file != NULL && o->tickets.key_file != NULL)
		wrongly = "--client-ca and --ticket-key-file exclude each "
			  "other: no ticket stands for a certificate";
	else if (o->tickets.key_file != NULL && !o->tickets.generate)
		wrongly = "--no-tickets and --ticket-key-file exclude each "
			  "other";
	if (wrongly == NULL)
		return 0;
	log_line(LOG_ERR, "%s", wrongly);
	return -1;
}

/* No file of TLS may be named relative to a directory that will change. */
static int
check_tls_files(const struct options *o)
{
	for (size_t i = 0; i < o->pair_count; i++) {
		const struct key_pair *pair = &o->pairs[i];

		if (check_absolute("cert", pair->certificate_file) == -1 ||
		    check_absolute("key", pair->key_file) == -1 ||
		    check_absolute("ocsp-response", pair->ocsp_file) == -1)
			return -1;
	}
	if (check_absolute("client-ca", o->clients.ca_file) == -1)
		return -1;
	return check_absolute("ticket-key-file", o->tickets.key_file);
}

/* What only the whole command line tells. */
static int
check(struct options *o, size_t keys)
{
	if (o->pair_count != keys) {
		log_line(LOG_ERR,
		    "--cert was given %zu times and --key %zu: "
		    "they come in pairs",
		    o->pair_count, keys);
		return -1;
	}
	if (o->pair_count == 0) {
		o->pairs[0].certificate_file = DEFAULT_CERTIFICATE;
		o->pairs[0].key_file = DEFAULT_KEY;
		o->pair_count = 1;
	}
	if (o->inetd && o->listen_count > 0) {
		log_line(LOG_ERR, "--inetd and --listen exclude each other");
		return -1;
	}
	if (o->inetd && (o->daemonize || o->pid_file != NULL)) {
		log_line(
		    LOG_ERR, "--inetd excludes --daemonize and --pid-file");
		return -1;
	}
	if (check_tls(o) == -1)
		return -1;
	if (!o->daemonize)
		return 0;
	if (check_tls_files(o) == -1)
		return -1;
	return check_absolute("pid-file", o->pid_file) == -1
	           ? -1
	           : check_absolute("metrics-file", o->metrics_file);
}

/* The long name of an option, for messages. */
static const char *
name_of(int option)
{
	for (const struct option *l = long_options; l->name != NULL; l++)
		if (l->val == option)
			return l->name;
	return "";
}

enum options_outcome
options_parse(int argc, char *argv[], struct options *o)
{
	size_t keys = 0;
	int option;

	*o = defaults;
	opterr = 0;
	optind = 0; /* glibc: start afresh, for the unit test */
	while ((option = getopt_long(
		    argc, argv, short_options, long_options, NULL)) != -1) {
		switch (option) {
		case 'i':
			o->inetd = true;
			break;
		case 'D':
			o->daemonize = true;
			break;
		case NO_TICKETS:
			o->tickets.generate = false;
			break;
		case NO_SANDBOX:
			o->sandboxed = false;
			break;
		case 't':
			o->check_config = true;
			break;
		case 'v':
			o->log_most = LOG_DEBUG;
			break;
		case 'q':
			o->log_most = LOG_WARNING;
			break;
		case 'h':
			show_help();
			return OPTIONS_SHOWN;
		case 'V':
			printf("pingtlsd %s\n", PACKAGE_VERSION);
			return OPTIONS_SHOWN;
		case ':':
			log_line(LOG_ERR, "%s: needs a value (see --help)",
			    argv[optind - 1]);
			return OPTIONS_WRONG;
		case '?':
			/* With a long option's letter: it takes no value. */
			if (optopt == 0)
				log_line(LOG_ERR,
				    "%s: no such option (see --help)",
				    argv[optind - 1]);
			else if (name_of(optopt)[0] != '\0')
				log_line(LOG_ERR,
				    "--%s: takes no value (see --help)",
				    name_of(optopt));
			else
				log_line(LOG_ERR,
				    "-%c: no such option (see --help)", optopt);
			return OPTIONS_WRONG;
		default:
			if (take(o, &keys, option, name_of(option), optarg) ==
			    -1)
				return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		log_line(LOG_ERR, "%s: no argument is expected (see --help)",
		    argv[optind]);
		return OPTIONS_WRONG;
	}
	return check(o, keys) == 0 ? OPTIONS_RUN : OPTIONS_WRONG;
}

void
options_free(struct options *o)
{
	networks_free(o->penalties.exempt);
	networks_free(o->proxies);
}
