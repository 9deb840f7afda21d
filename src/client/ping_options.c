#include "client/ping_options.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "client/ping_option_values.h"
#include "stream/protocol.h"

/* The upper limit of all times: a year. */
#define MOST_MS (365 * 24 * 60 * 60 * INT64_C(1000))

/* Each conversation takes a descriptor, of which a process may have 1024 by
 * default (RLIMIT_NOFILE). */
#define PARALLEL_MAX 512

#define AT(member) offsetof(struct ping_options, member)

static const struct option_row rows[] = {
    {.kind = OPTION_HEADING},
    {OPTION_COUNT, 'c', NULL, "COUNT", AT(count), 1,
	.help = "ping COUNT times in the clear, COUNT times over TLS;\n"
		"of another service, hold COUNT conversations\n"
		"(default: until interrupted; several targets: once)"},
    {OPTION_SECONDS, 'i', NULL, "INTERVAL", AT(interval_ms), 0, MOST_MS,
	.help = "seconds between pings"},
    {OPTION_SECONDS, 'w', NULL, "DEADLINE", AT(deadline_ms), 1, MOST_MS,
	.help = "seconds until all ends, answered or not"},
    {OPTION_SECONDS, 'W', NULL, "TIMEOUT", AT(timeout_ms), 1, MOST_MS,
	.help = "seconds for an answer, connection or handshake"},
    {OPTION_CALL, 'p', NULL, "PORT", .call = ping_option_port,
	.help = "the port (" PROTOCOL_PORT ", or the service's)"},
    {OPTION_CALL, '4', .call = ping_option_ipv4, .help = "IPv4 only"},
    {OPTION_CALL, '6', .call = ping_option_ipv6, .help = "IPv6 only"},
    {OPTION_CALL, 'x', "proxy", "PROXY", .call = ping_option_proxy,
	.help = "connect through this HTTP proxy, a HOST:PORT"},
    {OPTION_FLAG, 'm', "all-addresses", .place = AT(all_addresses),
	.help = "each address of a name is a target"},
    {OPTION_COUNT, 0, "parallel", "NUMBER", AT(parallel), 1, PARALLEL_MAX,
	.help = "conversations at once"},
    {OPTION_FLAG, 'r', "reconnect", .place = AT(reconnect),
	.help = "a connection for each ping"},
    {OPTION_FLAG, 'D', .place = AT(timestamps),
	.help = "Unix time before each line"},
    {OPTION_FLAG, 'j', "json", .place = AT(json),
	.help = "JSON Lines: an object a conversation, and a summary"},
    {OPTION_CALL, 0, "prometheus", "[=FILE]", .call = ping_option_prometheus,
	.help = "metrics for Prometheus, at the end or into FILE"},
    {OPTION_FLAG, 'q', .place = AT(quiet), .help = "no line for each answer"},
    {OPTION_FLAG, 'v', .place = AT(verbose),
	.help = "more about the certificate and the server"},
    {.kind = OPTION_HEADING},
    {OPTION_FLAG, 0, "plain", .place = AT(plain), .help = "never upgrade"},
    {OPTION_CALL, 0, "starttls", "SERVICE", .call = ping_option_service,
	.help = "the service of targets that name none"},
    {OPTION_CALL, 0, "ca-file", "FILE", .call = ping_option_ca_file,
	.help = "trust these authorities, not the system's"},
    {OPTION_CALL, 0, "verify-name", "NAME", .call = ping_option_verify_name,
	.help = "expect this name in the certificate"},
    {OPTION_TEXT, 0, "client-cert", "FILE", AT(verify.certificate_file),
	.help = "show this certificate ..."},
    {OPTION_TEXT, 0, "client-key", "FILE", AT(verify.key_file),
	.help = "... whose key this is"},
    {OPTION_TEXT, 0, "priority", "STRING", AT(verify.priority),
	.help = "GnuTLS priority string (the system's)"},
    {OPTION_FLAG, 0, "insecure", .place = AT(verify.insecure),
	.help = "go on with a certificate that is not valid"},
    {OPTION_COUNT, 0, "min-days", "DAYS", AT(min_days), 1, 36500,
	.help = "fail where the certificate ends earlier"},
    {OPTION_CALL, 0, "pinnedpubkey", "PINS", .call = ping_option_pins,
	.help = "fail unless one fits the server's key"},
    {OPTION_FLAG, 0, "dane", .place = AT(dane),
	.help = "verify by TLSA records in DNS, which must exist,\n"
		"instead of authorities"},
    {OPTION_CALL, 0, "tlsa", "RECORD", .call = ping_option_tlsa,
	.help = "verify by a TLSA record, '3 1 1 HEX', instead of\n"
		"authorities; of several, one must match"},
    {OPTION_SECONDS, 0, "starttls-delay", "SECONDS", AT(starttls_delay_ms), 0,
	MOST_MS, .help = "from STARTTLS to the handshake"},
    {OPTION_FLAG, 0, "no-sandbox", .place = AT(no_sandbox),
	.help = "do not confine conversations, for debugging"},
};

static const struct ping_options defaults = {
    .family = AF_UNSPEC,
    .interval_ms = 1000,
    .timeout_ms = 10000,
    .parallel = 16,
};

static const struct command_line command_line = {
    .program = "pingtls",
    .usage =
	"Usage: pingtls [OPTION]... [SERVICE://]HOST[:PORT]...\n"
	"Ping a server through its upgrade to TLS by STARTTLS: pingtlsd, or\n"
	"another SERVICE (pingtls smtp submission lmtp imap pop3 ftp nntp\n"
	"sieve xmpp xmpp-server ldap postgres mysql; smtps submissions imaps\n"
	"pop3s ftps nntps ldaps xmpps and tls use TLS from the start).\n",
    .end = "Exit status: 0 all that was asked for succeeded, 1 some target "
	   "failed,\n2 nothing was tried, or what was found could not be "
	   "written.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .defaults = &defaults,
};

static int
set_targets(struct ping_options *o, char *targets[], int count, char *why)
{
	char shown[COMMAND_LINE_SHOWN_MAX];

	if (count == 0)
		return command_line_wrong(
		    why, "no destination given (see --help)");
	o->targets = calloc((size_t)count, sizeof(*o->targets));
	if (o->targets == NULL)
		return command_line_wrong(why, "out of memory");
	for (int i = 0; i < count; i++) {
		const char *fault = target_parse(
		    targets[i], &o->target_defaults, &o->targets[i]);

		if (fault != NULL)
			return command_line_wrong(why, "destination %s: %s",
			    command_line_show(targets[i], shown), fault);
		o->target_count++;
	}
	return 0;
}

/* Checks --dane and --tlsa, which take the place of authorities. */
static int
check_dane(const struct ping_options *o, char *why)
{
	bool given = o->tlsa_count > 0;

	if ((o->dane || given) && (o->plain || o->verify.insecure))
		return command_line_wrong(why,
		    "%s cannot be had with --plain or --insecure",
		    given ? "--tlsa" : "--dane");
	if (o->dane && given)
		return command_line_wrong(
		    why, "--dane and --tlsa exclude each other");
	for (size_t i = 0; o->dane && i < o->target_count; i++)
		if (o->targets[i].host.is_address)
			return command_line_wrong(why,
			    "--dane: an address has no TLSA records: %s",
			    o->targets[i].host.host);
	return 0;
}

/* Checks that nothing is asked of what --plain does not see. */
static int
check_plain(const struct ping_options *o, char *why)
{
	if (!o->plain)
		return 0;
	for (size_t i = 0; i < o->target_count; i++)
		if (o->targets[i].service != NULL)
			return command_line_wrong(why,
			    "--plain: only pingtls's own protocol has pings "
			    "in the clear");
	if (o->min_days > 0 || o->pins != NULL)
		return command_line_wrong(why,
		    "%s cannot be had with --plain, which sees no certificate",
		    o->min_days > 0 ? "--min-days" : "--pinnedpubkey");
	return 0;
}

/* Checks that some target has what --starttls-delay is about. */
static int
check_delay(const struct ping_options *o, char *why)
{
	if (o->starttls_delay_ms == 0)
		return 0;
	for (size_t i = 0; i < o->target_count; i++)
		if (o->targets[i].service == NULL)
			return 0;
	return command_line_wrong(why,
	    "--starttls-delay is for pingtls's own protocol, which no target "
	    "has");
}

int
ping_options_check(const struct ping_options *o, char *why)
{
	if ((o->verify.certificate_file == NULL) !=
	    (o->verify.key_file == NULL))
		return command_line_wrong(
		    why, "--client-cert and --client-key come together");
	if (o->has_proxy && o->all_addresses)
		return command_line_wrong(why,
		    "-m cannot be had with -x: it is the proxy that resolves "
		    "the name");
	if (o->has_proxy && o->family != AF_UNSPEC)
		return command_line_wrong(why,
		    "-4 and -6 cannot be had with -x: it is the proxy that "
		    "resolves the name");
	if (o->json && o->prometheus)
		return command_line_wrong(
		    why, "--json and --prometheus exclude each other");
	if (check_plain(o, why) == -1 || check_delay(o, why) == -1)
		return -1;
	return check_dane(o, why);
}

void
ping_options_init(struct ping_options *o)
{
	*o = defaults;
}

enum command_line_outcome
ping_options_parse(int argc, char *argv[], struct ping_options *o, char *why)
{
	enum command_line_outcome outcome;
	int first;

	ping_options_init(o);
	outcome = command_line_parse(&command_line, argc, argv, o, &first, why);
	if (outcome == COMMAND_LINE_RUN &&
	    (set_targets(o, argv + first, argc - first, why) == -1 ||
		ping_options_check(o, why) == -1))
		return COMMAND_LINE_WRONG;
	return outcome;
}

void
ping_options_free(struct ping_options *o)
{
	free(o->targets);
	o->targets = NULL;
	free(o->tlsa);
	o->tlsa = NULL;
}
