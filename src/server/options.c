/*
 * The command line of pingtlsd.
 */
#include "server/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>

#include "server/option_values.h"
#include "server/options_internal.h"

/* Half of Linux's default pid_max is more than any machine runs. */
#define MOST_SESSIONS 16384
/* More than any machine accepts. */
#define MOST_RATE 100000

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

/* A response goes with the certificate before it, or with the default one. */
static int
ocsp_response(struct options *o, const char *file)
{
	struct key_pair *pair =
	    &o->pairs[o->pair_count == 0 ? 0 : o->pair_count - 1];

	if (pair->ocsp_file != NULL)
		return option_wrong("ocsp-response", file,
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
			return option_wrong(name, value, "given too often");
		o->listen[o->listen_count++] = value;
		return 0;
	case 'c':
		if (o->pair_count == KEYHOLDER_KEYS_MAX)
			return option_wrong(name, value, "given too often");
		o->pairs[o->pair_count++].certificate_file = value;
		return 0;
	case 'k':
		if (*keys == KEYHOLDER_KEYS_MAX)
			return option_wrong(name, value, "given too often");
		o->pairs[(*keys)++].key_file = value;
		return 0;
	case 'u':
		o->user = value;
		return 0;
	case 'P':
		o->pid_file = value;
		return 0;
	case 'L':
		return option_log(value, &o->log);
	case TLS_PRIORITY:
		o->priority = value;
		return 0;
	case MIN_TLS:
		return option_min_tls(value, &o->oldest_tls);
	case OCSP_RESPONSE:
		return ocsp_response(o, value);
	case CLIENT_CA:
		o->clients.ca_file = value;
		return 0;
	case VERIFY_CLIENT:
		o->verify_client = true;
		return option_verify_client(value, &o->clients);
	case TICKET_KEY_FILE:
		o->tickets.key_file = value;
		return 0;
	case MAX_SESSIONS:
		return option_number(
		    name, value, 1, MOST_SESSIONS, &o->listener.max_sessions);
	case MAX_SESSIONS_PER_SOURCE:
		return option_number(name, value, 1, MOST_SESSIONS,
		    &o->listener.max_sessions_per_source);
	case MAX_RATE_PER_SOURCE:
		return option_number(name, value, 0, MOST_RATE,
		    &o->listener.max_rate_per_source);
	case PENALTIES:
		return option_penalties(name, value, &o->listener.penalties);
	case PENALTY_EXEMPT:
		return option_networks(
		    name, value, &o->listener.penalties.exempt);
	case PROXY_PROTOCOL:
		return option_networks(name, value, &o->listener.proxies);
	case METRICS_FILE:
		o->listener.metrics_file = value;
		return 0;
	case MAX_ERRORS:
		if (option_number(name, value, 1, UINT_MAX, &count) == -1)
			return -1;
		o->listener.session.max_errors = (unsigned int)count;
		return 0;
	case IDLE_TIMEOUT:
		return option_seconds(
		    name, value, &o->listener.session.idle_ms);
	case HANDSHAKE_TIMEOUT:
		return option_seconds(
		    name, value, &o->listener.session.handshake_ms);
	case SESSION_TIMEOUT:
		return option_seconds(
		    name, value, &o->listener.session.total_ms);
	default: /* DRAIN_TIMEOUT */
		return option_seconds(name, value, &o->listener.drain_ms);
	}
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

	*o = options_defaults;
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
			o->listener.sandboxed = false;
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
			options_show_help();
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
	return options_check(o, keys) == 0 ? OPTIONS_RUN : OPTIONS_WRONG;
}

void
options_free(struct options *o)
{
	networks_free(o->listener.penalties.exempt);
	networks_free(o->listener.proxies);
}
