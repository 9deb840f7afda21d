/*
 * The command line of pingtls: defaults, every option, every mistake.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/ping_options.h"
#include "unit.h"

static struct ping_options o;
static char why[COMMAND_LINE_WHY_MAX];

/* Parses words that are separated by blanks. */
static enum command_line_outcome
parse(const char *words)
{
	static char *argv[UNIT_WORDS_MOST];
	int argc = unit_words("pingtls", words, argv);

	why[0] = '\0';
	return ping_options_parse(argc, argv, &o, why);
}

/* These are taken, and nothing is printed. */
static void
accept_words(const char *words)
{
	const char *said;
	enum command_line_outcome outcome;

	unit_capture_begin(STDERR_FILENO);
	outcome = parse(words);
	said = unit_capture_end();
	ck_assert_str_eq(said, "");
	ck_assert_msg(outcome == COMMAND_LINE_RUN, "%s: %s", words, why);
}

START_TEST(has_defaults)
{
	accept_words("example.net");
	ck_assert_str_eq(o.host, "example.net");
	ck_assert_str_eq(o.port, "10001");
	ck_assert_int_eq(o.family, AF_UNSPEC);
	ck_assert_uint_eq(o.count, 0);
	ck_assert_int_eq(o.interval_ms, 1000);
	ck_assert_int_eq(o.deadline_ms, 0);
	ck_assert_int_eq(o.timeout_ms, 10000);
	ck_assert_int_eq(o.starttls_delay_ms, 0);
	ck_assert(!o.plain);
	ck_assert(!o.quiet);
	ck_assert(!o.verbose);
	ck_assert_str_eq(o.verify.name, "example.net");
	ck_assert_ptr_null(o.verify.ca_file);
	ck_assert_ptr_null(o.verify.certificate_file);
	ck_assert_ptr_null(o.verify.key_file);
	ck_assert_ptr_null(o.verify.priority);
	ck_assert(!o.verify.insecure);
}
END_TEST

START_TEST(takes_short_options)
{
	accept_words("-4qv -c 3 -i0.2 -w 31536000 -W 0.001 -p 65535 host");
	ck_assert_int_eq(o.family, AF_INET);
	ck_assert(o.quiet);
	ck_assert(o.verbose);
	ck_assert_uint_eq(o.count, 3);
	ck_assert_int_eq(o.interval_ms, 200);
	ck_assert_int_eq(o.deadline_ms, INT64_C(31536000000));
	ck_assert_int_eq(o.timeout_ms, 1);
	ck_assert_str_eq(o.port, "65535");

	/* Behind the host, too; and nothing is left of the last one. */
	accept_words("host -6 -i 0");
	ck_assert_int_eq(o.family, AF_INET6);
	ck_assert_int_eq(o.interval_ms, 0);
	ck_assert(!o.quiet);
	ck_assert_uint_eq(o.count, 0);
	ck_assert_str_eq(o.port, "10001");
}
END_TEST

START_TEST(takes_long_options)
{
	accept_words("--plain --insecure --ca-file=ca --verify-name other "
		     "--client-cert=cert --client-key=key --priority NORMAL "
		     "--starttls-delay=0.25 host");
	ck_assert(o.plain);
	ck_assert(o.verify.insecure);
	ck_assert_str_eq(o.verify.ca_file, "ca");
	ck_assert_str_eq(o.verify.name, "other");
	ck_assert_str_eq(o.verify.certificate_file, "cert");
	ck_assert_str_eq(o.verify.key_file, "key");
	ck_assert_str_eq(o.verify.priority, "NORMAL");
	ck_assert_int_eq(o.starttls_delay_ms, 250);
	accept_words("--ins --starttls=1 host");
	ck_assert(o.verify.insecure);
	ck_assert_int_eq(o.starttls_delay_ms, 1000);
}
END_TEST

static const struct {
	const char *words, *host, *port;
} destinations[] = {
    {"host:1", "host", "1"},
    {"192.0.2.1:7", "192.0.2.1", "7"},
    {"-p 7 192.0.2.1", "192.0.2.1", "7"},
    {"[2001:db8::1]:7", "2001:db8::1", "7"},
    {"[2001:db8::1]", "2001:db8::1", "10001"},
    {"2001:db8::1", "2001:db8::1", "10001"},
    {"-p 7 fe80::1%lo", "fe80::1%lo", "7"},
    {"-- -host", "-host", "10001"},
};
#define DESTINATIONS ((int)(sizeof(destinations) / sizeof(destinations[0])))

START_TEST(takes_a_destination_as_people_write_it)
{
	for (int i = 0; i < DESTINATIONS; i++) {
		accept_words(destinations[i].words);
		ck_assert_str_eq(o.host, destinations[i].host);
		ck_assert_str_eq(o.port, destinations[i].port);
		ck_assert_str_eq(o.verify.name, destinations[i].host);
	}
}
END_TEST

static const struct {
	const char *words, *why;
} mistakes[] = {
    {"", "no destination given (see --help)"},
    {"-q", "no destination given (see --help)"},
    {"one two", "more than one destination given (see --help)"},
    {"--bogus host", "--bogus: no such option (see --help)"},
    {"-x host", "-x: no such option (see --help)"},
    {"--plain -xq host", "-x: no such option (see --help)"},
    {"--p host", "--p: is ambiguous (see --help)"},
    {"--c=1 host", "--c=1: is ambiguous (see --help)"},
    {"--plain=yes host", "--plain=yes: takes no value (see --help)"},
    {"--help=me host", "--help=me: takes no value (see --help)"},
    {"--version=1 host", "--version=1: takes no value (see --help)"},
    {"host -c", "-c: needs a value (see --help)"},
    {"host --ca-file", "--ca-file: needs a value (see --help)"},
    {"-c 0 host", "-c 0: must be a number, 1 or more"},
    {"-c -1 host", "-c -1: must be a number, 1 or more"},
    {"-c many host", "-c many: must be a number, 1 or more"},
    {"-c 99999999999999999999 host",
	"-c 99999999999999999999: must be a number, 1 or more"},
    {"-i -1 host",
	"-i -1: must be seconds from 0 to 31536000, three decimals at most"},
    {"-i 0.0001 host",
	"-i 0.0001: must be seconds from 0 to 31536000, three decimals at "
	"most"},
    {"-w 0 host",
	"-w 0: must be seconds from 0.001 to 31536000, three decimals at most"},
    {"-W 31536001 host",
	"-W 31536001: must be seconds from 0.001 to 31536000, three decimals "
	"at most"},
    {"--starttls-delay=1s host",
	"--starttls-delay 1s: must be seconds from 0 to 31536000, three "
	"decimals at most"},
    {"-p 0 host", "-p 0: the port must be a number from 1 to 65535"},
    {"-p ssh host", "-p ssh: the port must be a number from 1 to 65535"},
    {"host:65536",
	"destination host:65536: the port must be a number from 1 to 65535"},
    {"-p 1 host:1", "destination host:1: -p gives the port already"},
    {"host:", "destination host:: must be host, host:port or [ipv6]:port"},
    {":1", "destination :1: must be host, host:port or [ipv6]:port"},
    {"[::1", "destination [::1: must be host, host:port or [ipv6]:port"},
    {"[]:1", "destination []:1: must be host, host:port or [ipv6]:port"},
    {"-4 -6 host", "-6: -4 and -6 exclude each other"},
    {"--client-cert=c host", "--client-cert and --client-key come together"},
    {"--client-key=k host", "--client-cert and --client-key come together"},
    {"--verify-name= host", "--verify-name: needs a name"},
};
#define MISTAKES ((int)(sizeof(mistakes) / sizeof(mistakes[0])))

START_TEST(says_what_is_wrong)
{
	const char *said;
	enum command_line_outcome outcome;

	for (int i = 0; i < MISTAKES; i++) {
		unit_capture_begin(STDERR_FILENO);
		outcome = parse(mistakes[i].words);
		said = unit_capture_end();
		ck_assert_str_eq(said, "");
		ck_assert_str_eq(why, mistakes[i].why);
		ck_assert_int_eq(outcome, COMMAND_LINE_WRONG);
	}
}
END_TEST

/* Each option's line, not wider than a terminal. */
START_TEST(shows_help)
{
	static const char *const names[] = {"-c COUNT", "-i INTERVAL",
	    "-w DEADLINE", "-W TIMEOUT", "-p PORT", "-4", "-6", "-q", "-v",
	    "--plain", "--ca-file", "--verify-name", "--client-cert",
	    "--client-key", "--priority", "--insecure", "--starttls-delay",
	    "--help", "--version", "Exit status"};
	enum command_line_outcome outcome;
	const char *said;

	unit_capture_begin(STDOUT_FILENO);
	outcome = parse(_i == 0 ? "-h" : "--help --bogus");
	said = unit_capture_end();
	ck_assert_int_eq(outcome, COMMAND_LINE_SHOWN);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(
		    strstr(said, names[i]) != NULL, "no %s", names[i]);
	for (size_t width; *said != '\0'; said += width + 1) {
		width = strcspn(said, "\n");
		ck_assert_uint_le(width, 80);
	}
}
END_TEST

START_TEST(shows_its_version)
{
	const char *said;

	unit_capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(parse("--version"), COMMAND_LINE_SHOWN);
	ck_assert_int_eq(parse("-V"), COMMAND_LINE_SHOWN);
	said = unit_capture_end();
	ck_assert_str_eq(
	    said, "pingtls " PACKAGE_VERSION "\npingtls " PACKAGE_VERSION "\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ping_options");
	TCase *c = unit_case(suite, "ping_options");

	tcase_add_test(c, has_defaults);
	tcase_add_test(c, takes_short_options);
	tcase_add_test(c, takes_long_options);
	tcase_add_test(c, takes_a_destination_as_people_write_it);
	tcase_add_test(c, says_what_is_wrong);
	tcase_add_loop_test(c, shows_help, 0, 2);
	tcase_add_test(c, shows_its_version);
	return unit_main(suite);
}
