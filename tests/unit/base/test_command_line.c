/*
 * The engine of both command lines: each kind of option, each mistake, --help.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/command_line.h"
#include "unit.h"

enum colour { RED, GREEN, BLUE };

struct values {
	bool flag, cleared;
	int level;
	const char *text;
	unsigned long count, any;
	int64_t ms, wait_ms;
	enum colour colour;
	char called[16];
};

static struct values v;
static char why[COMMAND_LINE_WHY_MAX];
static int operands, words_count;

static int
call(void *options, const char *value, char *text)
{
	struct values *values = options;

	if (value != NULL && strcmp(value, "bad") == 0)
		return command_line_wrong(text, "must be good");
	snprintf(values->called, sizeof(values->called), "%s",
	    value != NULL ? value : "called");
	return 0;
}

#define AT(member) offsetof(struct values, member)

static const char *const colours[] = {
    [RED] = "red", [GREEN] = "green", [BLUE] = "blue", NULL};

static const struct option_row rows[] = {
    {OPTION_HEADING, .help = "Some:"},
    {OPTION_FLAG, 'f', "flag", .place = AT(flag), .help = "a flag"},
    {OPTION_CLEAR, 0, "no-flag", .place = AT(cleared), .help = "another"},
    {OPTION_SET, 'l', NULL, NULL, AT(level), 7, .help = "a level"},
    {OPTION_TEXT, 't', "text", "FILE", AT(text), .help = "a text\non two"},
    {OPTION_HEADING, .help = "Others:"},
    {OPTION_COUNT, 'n', "count", "N", AT(count), 1, 10, .help = "a count"},
    {OPTION_COUNT, 'a', NULL, "N", AT(any), 2, .help = "any count"},
    {OPTION_SECONDS, 0, "time", "SECONDS", AT(ms), 500, 60000,
	.help = "a time"},
    {OPTION_SECONDS, 0, "wait", "SECONDS", AT(wait_ms), 0, 60000,
	.help = "a wait"},
    {OPTION_CHOICE, 'c', "colour", NULL, AT(colour), .choices = colours,
	.help = "a colour"},
    {OPTION_CALL, 0, "call", "VALUE", .call = call, .help = "a call"},
    {OPTION_CALL, 'C', .call = call, .help = "the same"},
    {OPTION_CALL, 0, "maybe", "[=VALUE]", .call = call, .help = "or without"},
};

static const struct values defaults = {
    .cleared = true, .count = 3, .ms = 1500, .colour = GREEN};

static const struct command_line line = {"program", "Usage: program\n",
    "The end.\n", rows, sizeof(rows) / sizeof(rows[0]), &defaults};

static char **
parse(const char *words, enum command_line_outcome expected)
{
	static char *argv[UNIT_WORDS_MOST];

	words_count = unit_words("program", words, argv);
	v = defaults;
	why[0] = '\0';
	ck_assert_msg(command_line_parse(&line, words_count, argv, &v,
			  &operands, why) == expected,
	    "%s: %s", words, why);
	return argv;
}

START_TEST(nothing_changes_without_options)
{
	parse("", COMMAND_LINE_RUN);
	ck_assert_int_eq(operands, words_count);
	ck_assert_int_eq(v.flag, false);
	ck_assert_int_eq(v.cleared, true);
	ck_assert_uint_eq(v.count, 3);
	ck_assert_int_eq(v.ms, 1500);
	ck_assert_int_eq(v.colour, GREEN);
}
END_TEST

START_TEST(stores_each_kind)
{
	parse("-f --no-flag -l -t a --count=10 -a 2 --time 0.5 --wait=60 "
	      "--colour=blue --call=it",
	    COMMAND_LINE_RUN);
	ck_assert_int_eq(v.flag, true);
	ck_assert_int_eq(v.cleared, false);
	ck_assert_int_eq(v.level, 7);
	ck_assert_str_eq(v.text, "a");
	ck_assert_uint_eq(v.count, 10);
	ck_assert_uint_eq(v.any, 2);
	ck_assert_int_eq(v.ms, 500);
	ck_assert_int_eq(v.wait_ms, 60000);
	ck_assert_int_eq(v.colour, BLUE);
	ck_assert_str_eq(v.called, "it");
}
END_TEST

START_TEST(reads_letters_together_and_names_cut_short)
{
	parse("-flCcred -n1 --te=b", COMMAND_LINE_RUN);
	ck_assert_int_eq(v.flag, true);
	ck_assert_int_eq(v.level, 7);
	ck_assert_str_eq(v.called, "called");
	ck_assert_int_eq(v.colour, RED);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_str_eq(v.text, "b");
}
END_TEST

START_TEST(reads_a_value_that_may_be_left_out)
{
	parse("--maybe one", COMMAND_LINE_RUN);
	ck_assert_str_eq(v.called, "called");
	ck_assert_int_eq(words_count - operands, 1);
	parse("--maybe=one", COMMAND_LINE_RUN);
	ck_assert_str_eq(v.called, "one");
	ck_assert_int_eq(words_count - operands, 0);
}
END_TEST

START_TEST(leaves_operands_to_the_caller)
{
	char **argv = parse("one -f two -- -l", COMMAND_LINE_RUN);

	ck_assert_int_eq(words_count - operands, 3);
	ck_assert_str_eq(argv[operands], "one");
	ck_assert_str_eq(argv[operands + 1], "two");
	ck_assert_str_eq(argv[operands + 2], "-l");
	ck_assert_int_eq(v.level, 0);
}
END_TEST

static const struct {
	const char *words, *why;
} mistakes[] = {
    {"--bogus", "--bogus: no such option (see --help)"},
    {"--bogus=1", "--bogus=1: no such option (see --help)"},
    {"-x", "-x: no such option (see --help)"},
    {"-fx", "-x: no such option (see --help)"},
    {"--c", "--c: is ambiguous (see --help)"},
    {"--co=1", "--co=1: is ambiguous (see --help)"},
    {"--flag=1", "--flag=1: takes no value (see --help)"},
    {"--vers=1", "--vers=1: takes no value (see --help)"},
    {"--text", "--text: needs a value (see --help)"},
    {"--colour", "--colour: needs a value (see --help)"},
    {"--text=", "--text: needs a value (see --help)"},
    {"--colour=", "--colour: needs a value (see --help)"},
    {"-ft", "-t: needs a value (see --help)"},
    {"--count=0", "--count 0: must be a number from 1 to 10"},
    {"-n 11", "--count 11: must be a number from 1 to 10"},
    {"-n -1", "--count -1: must be a number from 1 to 10"},
    {"-a 1", "-a 1: must be a number, 2 or more"},
    {"-a 99999999999999999999",
	"-a 99999999999999999999: must be a number, 2 or more"},
    {"--time=0.4",
	"--time 0.4: must be seconds from 0.5 to 60, three decimals at most"},
    {"--wait=1s",
	"--wait 1s: must be seconds from 0 to 60, three decimals at most"},
    {"-c pink", "--colour pink: must be red, green or blue"},
    {"--call=bad", "--call bad: must be good"},
};
#define MISTAKES ((int)(sizeof(mistakes) / sizeof(mistakes[0])))

START_TEST(says_what_is_wrong)
{
	parse(mistakes[_i].words, COMMAND_LINE_WRONG);
	ck_assert_str_eq(why, mistakes[_i].why);
}
END_TEST

/* Of a value without end, what is wrong with it is still to be read. */
START_TEST(cuts_a_long_value)
{
	char words[3000] = "-n ", *rest = words + 3;

	memset(rest, '9', sizeof(words) - 4);
	parse(words, COMMAND_LINE_WRONG);
	rest[COMMAND_LINE_SHOWN_MAX - 4] = '\0';
	ck_assert_ptr_nonnull(strstr(why, rest));
	ck_assert_ptr_nonnull(strstr(why, "9...: must be a number from 1"));
}
END_TEST

START_TEST(cuts_a_long_option)
{
	char words[3000] = "--";

	memset(words + 2, 'o', sizeof(words) - 3);
	parse(words, COMMAND_LINE_WRONG);
	ck_assert_ptr_nonnull(strstr(why, "oo...: no such option"));
}
END_TEST

START_TEST(shows_help)
{
	const char *said;

	unit_capture_begin(STDOUT_FILENO);
	parse("--help --bogus", COMMAND_LINE_SHOWN);
	said = unit_capture_end();
	ck_assert_str_eq(said,
	    "Usage: program\n"
	    "\n"
	    "Some:\n"
	    "  -f, --flag       a flag\n"
	    "      --no-flag    another\n"
	    "  -l               a level\n"
	    "  -t, --text=FILE  a text\n"
	    "                   on two\n"
	    "\n"
	    "Others:\n"
	    "  -n, --count=N                a count (3)\n"
	    "  -a N                         any count\n"
	    "      --time=SECONDS           a time (1.5)\n"
	    "      --wait=SECONDS           a wait\n"
	    "  -c, --colour=red|green|blue  a colour (green)\n"
	    "      --call=VALUE             a call\n"
	    "  -C                           the same\n"
	    "      --maybe[=VALUE]          or without\n"
	    "\n"
	    "  -h, --help     this text\n"
	    "  -V, --version  the version\n"
	    "\n"
	    "The end.\n");
}
END_TEST

START_TEST(shows_the_version)
{
	const char *said;

	unit_capture_begin(STDOUT_FILENO);
	parse("-V", COMMAND_LINE_SHOWN);
	said = unit_capture_end();
	ck_assert_str_eq(said, "program " PACKAGE_VERSION "\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("command_line");
	TCase *c = unit_case(suite, "command_line");

	tcase_add_test(c, nothing_changes_without_options);
	tcase_add_test(c, stores_each_kind);
	tcase_add_test(c, reads_letters_together_and_names_cut_short);
	tcase_add_test(c, reads_a_value_that_may_be_left_out);
	tcase_add_test(c, leaves_operands_to_the_caller);
	tcase_add_loop_test(c, says_what_is_wrong, 0, MISTAKES);
	tcase_add_test(c, cuts_a_long_value);
	tcase_add_test(c, cuts_a_long_option);
	tcase_add_test(c, shows_help);
	tcase_add_test(c, shows_the_version);
	return unit_main(suite);
}
