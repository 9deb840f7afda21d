#include "report/plugin_options.h"

#include <string.h>

#include "base/parse.h"
#include "client/ping_option_values.h"

/* A monitor does not wait longer for any plugin. */
#define MOST_MS (60 * 60 * INT64_C(1000))
#define MOST_DAYS 36500

static int
set_range(struct plugin_range *r, const char *value, char *why)
{
	if (!range_parse(value, &r->range))
		return command_line_wrong(
		    why, "must be a range, [@][START:][END]");
	r->text = value;
	return 0;
}

static int
option_warning(void *options, const char *value, char *why)
{
	struct plugin_options *o = options;

	return set_range(&o->thresholds.warning, value, why);
}

static int
option_critical(void *options, const char *value, char *why)
{
	struct plugin_options *o = options;

	return set_range(&o->thresholds.critical, value, why);
}

/* "WARNING[,CRITICAL]" */
static int
option_days(void *options, const char *value, char *why)
{
	struct plugin_thresholds *t =
	    &((struct plugin_options *)options)->thresholds;
	unsigned long warning, critical = 0;
	char first[16];
	size_t length = strcspn(value, ",");

	if (length < sizeof(first)) {
		memcpy(first, value, length);
		first[length] = '\0';
		if (parse_count(first, 0, MOST_DAYS, &warning) == 0 &&
		    (value[length] == '\0' || parse_count(value + length + 1, 0,
						  warning, &critical) == 0)) {
			t->warning_days = (long)warning;
			t->critical_days =
			    value[length] == '\0' ? -1 : (long)critical;
			return 0;
		}
	}
	return command_line_wrong(
	    why, "must be days, or two numbers, WARNING,CRITICAL");
}

#define AT(member) offsetof(struct plugin_options, member)

static const struct option_row rows[] = {
    {.kind = OPTION_HEADING},
    {OPTION_TEXT, 'H', "hostname", "HOST", AT(host),
	.help = "the name or address to check"},
    {OPTION_CALL, 'S', "service", "SERVICE", .call = ping_option_service,
	.help = "the service, as pingtls has it (pingtls)"},
    {OPTION_CALL, 'p', "port", "PORT", .call = ping_option_port,
	.help = "the port, if it is not the service's"},
    {OPTION_SECONDS, 't', "timeout", "SECONDS", AT(ping.deadline_ms), 1,
	MOST_MS, .help = "critical after this time"},
    {OPTION_CALL, 'w', "warning", "RANGE", .call = option_warning,
	.help = "warning if the seconds it took are not in RANGE"},
    {OPTION_CALL, 'c', "critical", "RANGE", .call = option_critical,
	.help = "critical if they are not in RANGE"},
    {OPTION_CALL, 'D', "certificate", "DAYS", .call = option_days,
	.help = "days that a certificate must have left,\n"
		"WARNING,CRITICAL or just WARNING"},
    {OPTION_CALL, '4', .call = ping_option_ipv4, .help = "IPv4 only"},
    {OPTION_CALL, '6', .call = ping_option_ipv6, .help = "IPv6 only"},
    {OPTION_FLAG, 'v', "verbose", .place = AT(ping.verbose),
	.help = "more lines about the certificate"},
    {.kind = OPTION_HEADING},
    {OPTION_CALL, 0, "ca-file", "FILE", .call = ping_option_ca_file,
	.help = "trust these authorities, not the system's"},
    {OPTION_CALL, 0, "verify-name", "NAME", .call = ping_option_verify_name,
	.help = "expect this name in the certificate"},
    {OPTION_CALL, 0, "pinnedpubkey", "PINS", .call = ping_option_pins,
	.help = "critical unless one fits the server's key"},
    {OPTION_FLAG, 0, "dane", .place = AT(ping.dane),
	.help = "verify by TLSA records in DNS, which must exist"},
    {OPTION_CALL, 0, "tlsa", "RECORD", .call = ping_option_tlsa,
	.help = "verify by a TLSA record instead of authorities"},
    {OPTION_TEXT, 0, "client-cert", "FILE", AT(ping.verify.certificate_file),
	.help = "show this certificate ..."},
    {OPTION_TEXT, 0, "client-key", "FILE", AT(ping.verify.key_file),
	.help = "... whose key this is"},
    {OPTION_TEXT, 0, "priority", "STRING", AT(ping.verify.priority),
	.help = "GnuTLS priority string (the system's)"},
    {OPTION_FLAG, 0, "no-sandbox", .place = AT(ping.no_sandbox),
	.help = "do not confine the conversation, for debugging"},
};

static int
check_options(struct plugin_options *o, const char *operand, char *why)
{
	char shown[COMMAND_LINE_SHOWN_MAX];
	const char *fault;

	if (operand != NULL)
		return command_line_wrong(why,
		    "%s: no such argument (see --help)",
		    command_line_show(operand, shown));
	if (o->host == NULL)
		return command_line_wrong(why, "no host given (see --help)");
	fault =
	    strstr(o->host, "://") != NULL
		? "must be a host; -S gives its service"
		: target_parse(o->host, &o->ping.target_defaults, &o->target);
	if (fault != NULL)
		return command_line_wrong(why, "--hostname %s: %s",
		    command_line_show(o->host, shown), fault);
	o->ping.targets = &o->target;
	o->ping.target_count = 1;
	return ping_options_check(&o->ping, why);
}

enum command_line_outcome
plugin_options_parse(
    int argc, char *argv[], struct plugin_options *o, char *why)
{
	const struct command_line command_line = {
	    .program = "check_pingtls",
	    .usage =
		"Usage: check_pingtls -H HOST [-S SERVICE] [OPTION]...\n"
		"Check the upgrade to TLS of a service and its certificate, "
		"for Nagios, Icinga\nand the like.\n",
	    .end = "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n",
	    .rows = rows,
	    .count = sizeof(rows) / sizeof(rows[0]),
	    .defaults = o,
	};
	enum command_line_outcome outcome;
	int operands;

	*o = (struct plugin_options){
	    .thresholds = {.warning = {.text = ""},
		.critical = {.text = ""},
		.warning_days = -1,
		.critical_days = -1},
	};
	ping_options_init(&o->ping);
	o->ping.count = 1;
	o->ping.deadline_ms = 10000; /* as the guidelines have it */
	outcome =
	    command_line_parse(&command_line, argc, argv, o, &operands, why);
	if (outcome == COMMAND_LINE_RUN &&
	    check_options(o, argv[operands], why) == -1)
		outcome = COMMAND_LINE_WRONG;
	/* One limit for the whole, none for its parts. */
	o->ping.timeout_ms = o->ping.deadline_ms;
	o->thresholds.timeout_ms = o->ping.deadline_ms;
	return outcome;
}

void
plugin_options_free(struct plugin_options *o)
{
	o->ping.targets = NULL; /* a member, not allocated */
	ping_options_free(&o->ping);
}
