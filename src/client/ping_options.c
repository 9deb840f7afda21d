/*
 * The command line of pingtls.
 */
#include "client/ping_options.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "stream/protocol.h"

/* A year; nobody pings longer at one go. */
#define MOST_S 31536000

enum {
	CA_FILE = 256,
	VERIFY_NAME,
	CLIENT_CERT,
	CLIENT_KEY,
	PRIORITY,
	PLAIN,
	INSECURE,
	STARTTLS_DELAY,
};

static const char short_options[] = ":46c:hi:p:qVvW:w:";
static const struct option long_options[] = {
    {"ca-file", required_argument, NULL, CA_FILE},
    {"verify-name", required_argument, NULL, VERIFY_NAME},
    {"client-cert", required_argument, NULL, CLIENT_CERT},
    {"client-key", required_argument, NULL, CLIENT_KEY},
    {"priority", required_argument, NULL, PRIORITY},
    {"plain", no_argument, NULL, PLAIN},
    {"insecure", no_argument, NULL, INSECURE},
    {"starttls-delay", required_argument, NULL, STARTTLS_DELAY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: pingtls [OPTION]... HOST[:PORT]\n"
    "Ping a pingtlsd in the clear, upgrade to TLS by STARTTLS, verify its\n"
    "certificate, and ping on over TLS.\n"
    "\n"
    "  -c COUNT          ping COUNT times in the clear and COUNT times over "
    "TLS\n"
    "                    (default: once, then over TLS until interrupted)\n"
    "  -i INTERVAL       seconds between pings (1)\n"
    "  -w DEADLINE       seconds until all ends, answered or not\n"
    "  -W TIMEOUT        seconds for an answer, a connection or a handshake "
    "(10)\n"
    "  -p PORT           the port (" PROTOCOL_PORT ")\n"
    "  -4, -6            IPv4 or IPv6 only\n"
    "  -q                no line for each answer, just the summary\n"
    "  -v                more about the certificate\n"
    "      --plain               never upgrade\n"
    "      --ca-file=FILE        trust these authorities, not the system's\n"
    "      --verify-name=NAME    expect this name in the certificate\n"
    "      --client-cert=FILE    show this certificate ...\n"
    "      --client-key=FILE     ... whose key this is\n"
    "      --priority=STRING     GnuTLS priority string (the system's)\n"
    "      --insecure            go on with a certificate that is not valid\n"
    "      --starttls-delay=S    seconds from STARTTLS to the handshake (0)\n"
    "  -h, --help        this text\n"
    "  -V, --version     the version\n"
    "\n"
    "Exit status: 0 answers came, 1 none did or fewer than COUNT, 2 an "
    "error.\n";

static int
wrong(char *why, const char *option, const char *value, const char *want)
{
	snprintf(why, PING_WHY_MAX, "%s %s: %s", option, value, want);
	return -1;
}

static int
seconds(char *why, const char *option, const char *text, int64_t least_ms,
    int64_t *ms)
{
	if (parse_seconds(text, least_ms, MOST_S * INT64_C(1000), ms) == 0)
		return 0;
	snprintf(why, PING_WHY_MAX,
	    "%s %s: must be seconds from %g to %d, three decimals at most",
	    option, text, (double)least_ms / 1e3, MOST_S);
	return -1;
}

static int
set_port(char *why, struct ping_options *o, const char *text)
{
	unsigned long port;

	if (parse_count(text, 1, UINT16_MAX, &port) == -1)
		return wrong(
		    why, "port", text, "must be a number from 1 to 65535");
	snprintf(o->port, sizeof(o->port), "%lu", port);
	return 0;
}

static int
set_family(char *why, struct ping_options *o, int family)
{
	if (o->family != AF_UNSPEC && o->family != family) {
		snprintf(why, PING_WHY_MAX, "-4 and -6 exclude each other");
		return -1;
	}
	o->family = family;
	return 0;
}

/* Takes one option; returns 0, or -1 with `why`. */
static int
take(struct ping_options *o, int option, char *value, char *why)
{
	switch (option) {
	case '4':
		return set_family(why, o, AF_INET);
	case '6':
		return set_family(why, o, AF_INET6);
	case 'c':
		if (parse_count(value, 1, LONG_MAX, &o->count) == 0)
			return 0;
		return wrong(why, "-c", value, "must be a number, 1 or more");
	case 'i':
		return seconds(why, "-i", value, 0, &o->interval_ms);
	case 'w':
		return seconds(why, "-w", value, 1, &o->deadline_ms);
	case 'W':
		return seconds(why, "-W", value, 1, &o->timeout_ms);
	case 'p':
		return set_port(why, o, value);
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case CA_FILE:
		o->verify.ca_file = value;
		return 0;
	case VERIFY_NAME:
		o->verify.name = value;
		return 0;
	case CLIENT_CERT:
		o->verify.certificate_file = value;
		return 0;
	case CLIENT_KEY:
		o->verify.key_file = value;
		return 0;
	case PRIORITY:
		o->verify.priority = value;
		return 0;
	case PLAIN:
		o->plain = true;
		return 0;
	case INSECURE:
		o->verify.insecure = true;
		return 0;
	default: /* STARTTLS_DELAY */
		return seconds(
		    why, "--starttls-delay", value, 0, &o->starttls_delay_ms);
	}
}

static int
set_destination(struct ping_options *o, const char *text, char *why)
{
	char port[ADDRESS_PORT_MAX];

	if (address_split(text, o->host, port) == -1)
		return wrong(why, "destination", text,
		    "must be host, host:port or [ipv6]:port");
	if (port[0] == '\0')
		return 0;
	if (o->port[0] != '\0')
		return wrong(
		    why, "destination", text, "-p gives the port already");
	return set_port(why, o, port);
}

/* What only the whole command line tells. */
static int
check(struct ping_options *o, char *why)
{
	if ((o->verify.certificate_file == NULL) !=
	    (o->verify.key_file == NULL)) {
		snprintf(why, PING_WHY_MAX,
		    "--client-cert and --client-key come together");
		return -1;
	}
	if (o->verify.name == NULL)
		o->verify.name = o->host;
	if (o->verify.name[0] == '\0') {
		snprintf(why, PING_WHY_MAX, "--verify-name: needs a name");
		return -1;
	}
	if (o->port[0] == '\0')
		snprintf(o->port, sizeof(o->port), "%s", PROTOCOL_PORT);
	return 0;
}

static bool
is_short_for_several(const char *word)
{
	size_t length = strcspn(word + 2, "=");

	for (const struct option *l = long_options; l->name != NULL; l++)
		if (strncmp(l->name, word + 2, length) == 0)
			return true;
	return false;
}

/* Says what getopt_long(3) did not take, for which it returned `option`. */
static enum ping_outcome
complain(int option, char *argv[], char *why)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	/* Of short ones, getopt may still be within the word; of long ones,
	 * --help and --version have a letter, too. */
	bool is_long =
	    optopt == 0 || optopt >= CA_FILE || optopt == 'h' || optopt == 'V';
	const char *word = is_long ? argv[optind - 1] : letter;
	const char *what = "no such option";

	if (option == ':')
		what = "needs a value";
	else if (optopt == 0 && is_short_for_several(word))
		what = "short for several options";
	else if (optopt != 0 && is_long)
		what = "takes no value";
	snprintf(why, PING_WHY_MAX, "%s: %s (see --help)", word, what);
	return PING_WRONG;
}

enum ping_outcome
ping_options_parse(int argc, char *argv[], struct ping_options *o, char *why)
{
	int option;

	*o = (struct ping_options){
	    .family = AF_UNSPEC,
	    .interval_ms = 1000,
	    .timeout_ms = 10000,
	};
	opterr = 0;
	optind = 0; /* glibc: start afresh, for the unit test */
	while ((option = getopt_long(
		    argc, argv, short_options, long_options, NULL)) != -1) {
		switch (option) {
		case 'h':
			printf("%s", help);
			return PING_SHOWN;
		case 'V':
			printf("pingtls %s\n", PACKAGE_VERSION);
			return PING_SHOWN;
		case ':':
		case '?':
			return complain(option, argv, why);
		default:
			if (take(o, option, optarg, why) == -1)
				return PING_WRONG;
		}
	}
	if (argc - optind != 1) {
		snprintf(why, PING_WHY_MAX, "%s destination given (see --help)",
		    argc == optind ? "no" : "more than one");
		return PING_WRONG;
	}
	if (set_destination(o, argv[optind], why) == -1 || check(o, why) == -1)
		return PING_WRONG;
	return PING_RUN;
}
