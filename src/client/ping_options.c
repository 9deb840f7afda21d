#include "client/ping_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/parse.h"
#include "stream/protocol.h"

/* A year; nobody pings longer at one go. */
#define MOST_MS (365 * 24 * 60 * 60 * INT64_C(1000))

static int
set_port(char *why, struct ping_options *o, const char *text)
{
	unsigned long port;

	if (parse_count(text, 1, UINT16_MAX, &port) == -1)
		return command_line_wrong(
		    why, "the port must be a number from 1 to 65535");
	snprintf(o->port, sizeof(o->port), "%lu", port);
	return 0;
}

static int
option_port(void *options, const char *value, char *why)
{
	return set_port(why, options, value);
}

static int
option_ipv4(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	(void)value;
	if (o->family == AF_INET6)
		return command_line_wrong(why, "-4 and -6 exclude each other");
	o->family = AF_INET;
	return 0;
}

static int
option_ipv6(void *options, const char *value, char *why)
{
	struct ping_options *o = options;

	(void)value;
	if (o->family == AF_INET)
		return command_line_wrong(why, "-4 and -6 exclude each other");
	o->family = AF_INET6;
	return 0;
}

#define AT(member) offsetof(struct ping_options, member)

static const struct option_row rows[] = {
    {.kind = OPTION_HEADING},
    {OPTION_COUNT, 'c', NULL, "COUNT", AT(count), 1,
	.help = "ping COUNT times in the clear and COUNT times over TLS\n"
		"(default: once, then over TLS until interrupted)"},
    {OPTION_SECONDS, 'i', NULL, "INTERVAL", AT(interval_ms), 0, MOST_MS,
	.help = "seconds between pings"},
    {OPTION_SECONDS, 'w', NULL, "DEADLINE", AT(deadline_ms), 1, MOST_MS,
	.help = "seconds until all ends, answered or not"},
    {OPTION_SECONDS, 'W', NULL, "TIMEOUT", AT(timeout_ms), 1, MOST_MS,
	.help = "seconds for an answer, a connection or a handshake"},
    {OPTION_CALL, 'p', NULL, "PORT", .call = option_port,
	.help = "the port (" PROTOCOL_PORT ")"},
    {OPTION_CALL, '4', .call = option_ipv4, .help = "IPv4 only"},
    {OPTION_CALL, '6', .call = option_ipv6, .help = "IPv6 only"},
    {OPTION_FLAG, 'q', .place = AT(quiet),
	.help = "no line for each answer, just the summary"},
    {OPTION_FLAG, 'v', .place = AT(verbose),
	.help = "more about the certificate"},
    {.kind = OPTION_HEADING},
    {OPTION_FLAG, 0, "plain", .place = AT(plain), .help = "never upgrade"},
    {OPTION_TEXT, 0, "ca-file", "FILE", AT(verify.ca_file),
	.help = "trust these authorities, not the system's"},
    {OPTION_TEXT, 0, "verify-name", "NAME", AT(verify.name),
	.help = "expect this name in the certificate"},
    {OPTION_TEXT, 0, "client-cert", "FILE", AT(verify.certificate_file),
	.help = "show this certificate ..."},
    {OPTION_TEXT, 0, "client-key", "FILE", AT(verify.key_file),
	.help = "... whose key this is"},
    {OPTION_TEXT, 0, "priority", "STRING", AT(verify.priority),
	.help = "GnuTLS priority string (the system's)"},
    {OPTION_FLAG, 0, "insecure", .place = AT(verify.insecure),
	.help = "go on with a certificate that is not valid"},
    {OPTION_SECONDS, 0, "starttls-delay", "SECONDS", AT(starttls_delay_ms), 0,
	MOST_MS, .help = "from STARTTLS to the handshake"},
};

static const struct ping_options defaults = {
    .family = AF_UNSPEC,
    .interval_ms = 1000,
    .timeout_ms = 10000,
};

static const struct command_line command_line = {
    .program = "pingtls",
    .usage =
	"Usage: pingtls [OPTION]... HOST[:PORT]\n"
	"Ping a pingtlsd in the clear, upgrade to TLS by STARTTLS, verify its\n"
	"certificate, and ping on over TLS.\n",
    .end = "Exit status: 0 answers came, 1 none did or fewer than COUNT, 2 an "
	   "error.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .defaults = &defaults,
};

static int
wrong_destination(char *why, const char *text, const char *what)
{
	return command_line_wrong(
	    why, "destination %.*s: %s", COMMAND_LINE_VALUE_SHOWN, text, what);
}

static int
set_destination(struct ping_options *o, const char *text, char *why)
{
	char port[ADDRESS_PORT_MAX], what[COMMAND_LINE_WHY_MAX];

	if (address_split(text, o->host, port) == -1)
		return wrong_destination(
		    why, text, "must be host, host:port or [ipv6]:port");
	if (port[0] == '\0')
		return 0;
	if (o->port[0] != '\0')
		return wrong_destination(
		    why, text, "-p gives the port already");
	if (set_port(what, o, port) == -1)
		return wrong_destination(why, text, what);
	return 0;
}

/* What only the whole command line tells. */
static int
check(struct ping_options *o, char *why)
{
	if ((o->verify.certificate_file == NULL) !=
	    (o->verify.key_file == NULL))
		return command_line_wrong(
		    why, "--client-cert and --client-key come together");
	if (o->verify.name == NULL)
		o->verify.name = o->host;
	if (o->verify.name[0] == '\0')
		return command_line_wrong(why, "--verify-name: needs a name");
	if (o->port[0] == '\0')
		snprintf(o->port, sizeof(o->port), "%s", PROTOCOL_PORT);
	return 0;
}

enum command_line_outcome
ping_options_parse(int argc, char *argv[], struct ping_options *o, char *why)
{
	enum command_line_outcome outcome;
	int first;

	*o = defaults;
	outcome = command_line_parse(&command_line, argc, argv, o, &first, why);
	if (outcome != COMMAND_LINE_RUN)
		return outcome;
	if (argc - first != 1)
		command_line_wrong(why, "%s destination given (see --help)",
		    argc == first ? "no" : "more than one");
	else if (set_destination(o, argv[first], why) == 0 &&
		 check(o, why) == 0)
		return COMMAND_LINE_RUN;
	return COMMAND_LINE_WRONG;
}
