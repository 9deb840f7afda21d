/*
 * The command line of pingtls: defaults, every option, every mistake.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/ping_options.h"
#include "unit.h"

#define PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define UNUSUAL_PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="
#define NO_BASE64 "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"

static struct ping_options o;
static char why[COMMAND_LINE_WHY_MAX];

/* Parses words that are separated by blanks. */
static enum command_line_outcome
parse(const char *words)
{
	static char *argv[UNIT_WORDS_MOST];
	int argc = unit_words("pingtls", words, argv);

	why[0] = '\0';
	ping_options_free(&o);
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
	ck_assert_uint_eq(o.target_count, 1);
	ck_assert_str_eq(o.targets[0].host.host, "example.net");
	ck_assert_uint_eq(o.targets[0].port, 10001);
	ck_assert_int_eq(o.family, AF_UNSPEC);
	ck_assert_uint_eq(o.count, 0);
	ck_assert_int_eq(o.interval_ms, 1000);
	ck_assert_int_eq(o.deadline_ms, 0);
	ck_assert_int_eq(o.timeout_ms, 10000);
	ck_assert_int_eq(o.starttls_delay_ms, 0);
	ck_assert(!o.plain);
	ck_assert(!o.quiet);
	ck_assert(!o.verbose);
	ck_assert(!o.timestamps);
	ck_assert(!o.reconnect);
	ck_assert(!o.has_proxy);
	ck_assert(!o.has_verify_name);
	ck_assert_ptr_null(o.pins);
	ck_assert_ptr_null(o.tlsa);
	ck_assert_uint_eq(o.min_days, 0);
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
	ck_assert_uint_eq(o.targets[0].port, 65535);

	/* The last counts. */
	accept_words("-c 1 -W 3 host -W 2 -c 4");
	ck_assert_uint_eq(o.count, 4);
	ck_assert_int_eq(o.timeout_ms, 2000);

	/* Behind the host, too; and nothing is left of the last one. */
	accept_words("host -6 -i 0");
	ck_assert_int_eq(o.family, AF_INET6);
	ck_assert_int_eq(o.interval_ms, 0);
	ck_assert(!o.quiet);
	ck_assert_uint_eq(o.count, 0);
	ck_assert_uint_eq(o.targets[0].port, 10001);
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
	ck_assert(o.has_verify_name);
	ck_assert_str_eq(o.verify_name.name, "other");
	ck_assert_str_eq(o.verify.certificate_file, "cert");
	ck_assert_str_eq(o.verify.key_file, "key");
	ck_assert_str_eq(o.verify.priority, "NORMAL");
	ck_assert_int_eq(o.starttls_delay_ms, 250);
	accept_words("--ins --starttls-d=1 host");
	ck_assert(o.verify.insecure);
	ck_assert_int_eq(o.starttls_delay_ms, 1000);
	/* One target that has a use for it is enough. */
	accept_words("--starttls-delay=1 smtp://host host");
	ck_assert_int_eq(o.starttls_delay_ms, 1000);
	accept_words("--dane host");
	ck_assert(o.dane);
	accept_words("-Dr --starttls=imap -x proxy:3128 --min-days=7 "
		     "--pinnedpubkey=sha256//" PIN ";sha256//" PIN " host");
	ck_assert(o.timestamps);
	ck_assert(o.reconnect);
	ck_assert_str_eq(target_service_name(&o.targets[0]), "imap");
	ck_assert_uint_eq(o.targets[0].port, 143);
	ck_assert(o.has_proxy);
	ck_assert_str_eq(o.proxy.host.host, "proxy");
	ck_assert_uint_eq(o.proxy.port, 3128);
	ck_assert_uint_eq(o.min_days, 7);
	ck_assert_str_eq(o.pins, "sha256//" PIN ";sha256//" PIN);
	accept_words("--starttls=pingtls host imap://host");
	ck_assert_str_eq(target_service_name(&o.targets[0]), "pingtls");
	ck_assert_str_eq(target_service_name(&o.targets[1]), "imap");
	accept_words("--prometheus host");
	ck_assert(o.prometheus);
	ck_assert_ptr_null(o.prometheus_file);
	accept_words("--prometheus=file host");
	ck_assert_str_eq(o.prometheus_file, "file");
}
END_TEST

/* Fields may be separated by tabs, which unit_words() leaves alone. */
#define RECORD "3\t1\t1\t"
#define DIGEST \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

START_TEST(takes_several_records)
{
	accept_words("--tlsa=" RECORD DIGEST " --tlsa 2\t0\t0\tff host");
	ck_assert_uint_eq(o.tlsa_count, 2);
	ck_assert_uint_eq(o.tlsa[0].usage, TLSA_DANE_EE);
	ck_assert_uint_eq(o.tlsa[0].size, 32);
	ck_assert(!o.dane);
	ck_assert_uint_eq(o.tlsa[1].usage, TLSA_DANE_TA);
	ck_assert_uint_eq(o.tlsa[1].data[0], 0xff);
}
END_TEST

/* One by one, in the order given. */
START_TEST(takes_several_targets)
{
	accept_words("one:1 -q smtp://two");
	ck_assert_uint_eq(o.target_count, 2);
	ck_assert_str_eq(o.targets[0].host.host, "one");
	ck_assert_uint_eq(o.targets[0].port, 1);
	ck_assert_str_eq(o.targets[1].text, "smtp://two");
	ck_assert_uint_eq(o.targets[1].port, 25);
	accept_words("-- -host");
	ck_assert_str_eq(o.targets[0].host.host, "-host");
}
END_TEST

static const struct {
	const char *words, *why;
} mistakes[] = {
    {"", "no destination given (see --help)"},
    {"-q", "no destination given (see --help)"},
    {"--bogus host", "--bogus: no such option (see --help)"},
    {"-X host", "-X: no such option (see --help)"},
    {"--plain -Xq host", "-X: no such option (see --help)"},
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
    {"--verify-name= host", "--verify-name: needs a value (see --help)"},
    {"--verify-name=a..b host",
	"--verify-name a..b: it cannot be a host's name"},
    {"--ca-file= host", "--ca-file: needs a value (see --help)"},
    {"--client-key= host", "--client-key: needs a value (see --help)"},
    {"--prometheus= host", "--prometheus: needs a value (see --help)"},
    {"--ca-file=a --ca-file=b host",
	"--ca-file b: given twice; one file may hold several authorities"},
    {"--starttls=gopher host",
	"--starttls gopher: no such service (see pingtls(1))"},
    {"tls://host", "destination tls://host: needs a port"},
    {"fe80::1",
	"destination fe80::1: a link-local address needs its interface, as in "
	"fe80::1%eth0"},
    {"--plain smtp://host", "--plain: only pingtls's own protocol has pings in "
			    "the clear"},
    {"--plain host --starttls=smtp other", "--plain: only pingtls's own "
					   "protocol has pings in the clear"},
    {"--starttls-delay=1 smtp://host imaps://host",
	"--starttls-delay is for pingtls's own protocol, which no target has"},
    {"--starttls-delay=1 --starttls=smtp host",
	"--starttls-delay is for pingtls's own protocol, which no target has"},
    {"--plain --min-days=9 host",
	"--min-days cannot be had with --plain, which sees no certificate"},
    {"--plain --pinnedpubkey=sha256//" PIN " host",
	"--pinnedpubkey cannot be had with --plain, which sees no certificate"},
    {"-x proxy host", "--proxy proxy: needs a port"},
    {"-x http://proxy:1 host", "--proxy http://proxy:1: must be HOST:PORT"},
    {"-x user@proxy:1 host", "--proxy user@proxy:1: must be HOST:PORT"},
    {"-4 -x proxy:1 host", "-4 and -6 cannot be had with -x: it is the proxy "
			   "that resolves the name"},
    {"--pinnedpubkey=sha256//" NO_BASE64 " host",
	"--pinnedpubkey sha256//" NO_BASE64
	": must be sha256//BASE64, several with ; between"},
    /* Its last digit has bits that belong to no octet. */
    {"--pinnedpubkey=sha256//" PIN ";sha256//" UNUSUAL_PIN " host",
	"--pinnedpubkey sha256//" PIN ";sha256//" UNUSUAL_PIN
	": must be sha256//BASE64, several with ; between"},
    {"--pinnedpubkey=abc host",
	"--pinnedpubkey abc: must be sha256//BASE64, several with ; between"},
    {"--tlsa=" RECORD "00 host",
	"--tlsa 3.1.1.00: its data does not have the length of the digest"},
    {"--tlsa=" DIGEST " host",
	"--tlsa " DIGEST ": must be three numbers and hexadecimal digits, as "
	"in '3 1 1 HEX'"},
    {"--plain --tlsa=" RECORD DIGEST " host",
	"--tlsa cannot be had with --plain or --insecure"},
    {"--insecure --dane host",
	"--dane cannot be had with --plain or --insecure"},
    {"--dane --tlsa=" RECORD DIGEST " host",
	"--dane and --tlsa exclude each other"},
    {"--dane host 127.1", "--dane: an address has no TLSA records: 127.0.0.1"},
    {"--min-days=0 host", "--min-days 0: must be a number from 1 to 36500"},
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
	    "--starttls=", "-x, --proxy", "-r, --reconnect", "-D", "--min-days",
	    "--pinnedpubkey", "--prometheus[=FILE]", "--dane", "--tlsa",
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
	tcase_add_test(c, takes_several_records);
	tcase_add_test(c, takes_several_targets);
	tcase_add_test(c, says_what_is_wrong);
	tcase_add_loop_test(c, shows_help, 0, 2);
	tcase_add_test(c, shows_its_version);
	return unit_main(suite);
}
