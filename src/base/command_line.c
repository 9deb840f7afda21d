/*
 * getopt_long(3) splits the command line.  It returns an option's letter, or
 * LONG_NAME plus the index of its row for a long name.
 */
#include "base/command_line.h"

#include <assert.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/command_line_internal.h"
#include "base/parse.h"
#include "base/printable.h"

#define ROWS_MAX 64
#define LONG_NAME 256

static const struct option_row added[] = {
    {.kind = OPTION_HEADING},
    {OPTION_HELP, 'h', "help", .help = "this text"},
    {OPTION_VERSION, 'V', "version", .help = "the version"},
};
#define ADDED (sizeof(added) / sizeof(added[0]))

/* The arguments of getopt_long().  The letters begin with ':', so that it tells
 * a missing value from an unknown option. */
struct getopt_tables {
	char letters[2 * ROWS_MAX + 2];
	struct option names[ROWS_MAX + 1];
};

const char *
command_line_show(const char *word, char *shown)
{
	printable_copy(shown, COMMAND_LINE_SHOWN_MAX, word, strlen(word));
	return shown;
}

int
command_line_wrong(char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printable_vformat(why, COMMAND_LINE_WHY_MAX, format, arguments);
	va_end(arguments);
	return -1;
}

const struct option_row *
command_line_row(const struct command_line *c, size_t index)
{
	if (index < c->count)
		return &c->rows[index];
	return index - c->count < ADDED ? &added[index - c->count] : NULL;
}

/* no_argument, required_argument or optional_argument of getopt(3). */
static int
takes(const struct option_row *r)
{
	if (r->value != NULL && r->value[0] == '[')
		return optional_argument;
	return r->value != NULL || r->kind == OPTION_CHOICE ? required_argument
	                                                    : no_argument;
}

static void
make_tables(const struct command_line *c, struct getopt_tables *t)
{
	const struct option_row *r;
	struct option *name = t->names;
	char *letter = t->letters + 1;

	assert(c->count + ADDED <= ROWS_MAX);
	for (size_t i = 0; (r = command_line_row(c, i)) != NULL; i++) {
		if (r->letter != '\0') {
			*letter++ = r->letter;
			if (takes(r) == required_argument)
				*letter++ = ':';
		}
		if (r->name != NULL)
			*name++ = (struct option){
			    r->name, takes(r), NULL, LONG_NAME + (int)i};
	}
	*letter = '\0';
	*name = (struct option){0};
}

static const struct option_row *
find_row(const struct command_line *c, int found)
{
	const struct option_row *r;

	if (found >= LONG_NAME)
		return command_line_row(c, (size_t)(found - LONG_NAME));
	for (size_t i = 0; (r = command_line_row(c, i)) != NULL; i++)
		if (r->letter == found)
			break;
	return r;
}

static int
read_count(const struct option_row *r, const char *text, unsigned long *count,
    char *why)
{
	unsigned long min = (unsigned long)r->min;
	unsigned long max = r->max == 0 ? LONG_MAX : (unsigned long)r->max;

	if (parse_count(text, min, max, count) == 0)
		return 0;
	if (r->max == 0)
		return command_line_wrong(
		    why, "must be a number, %lu or more", min);
	return command_line_wrong(
	    why, "must be a number from %lu to %lu", min, max);
}

static int
read_seconds(
    const struct option_row *r, const char *text, int64_t *ms, char *why)
{
	if (parse_seconds(text, r->min, r->max, ms) == 0)
		return 0;
	return command_line_wrong(why,
	    "must be seconds from %g to %lld, three decimals at most",
	    (double)r->min / 1e3, (long long)(r->max / 1000));
}

/* gcc and clang represent an enum without negative constants as unsigned
 * int. */
static int
read_choice(const struct option_row *r, const char *text, unsigned int *choice,
    char *why)
{
	size_t used = 0;

	for (unsigned int i = 0; r->choices[i] != NULL; i++)
		if (strcmp(text, r->choices[i]) == 0) {
			*choice = i;
			return 0;
		}
	command_line_wrong(why, "must be ");
	for (unsigned int i = 0; r->choices[i] != NULL; i++) {
		const char *between = r->choices[i + 1] == NULL ? " or " : ", ";

		used = strlen(why);
		snprintf(why + used, COMMAND_LINE_WHY_MAX - used, "%s%s",
		    i == 0 ? "" : between, r->choices[i]);
	}
	return -1;
}

/* Stores one option; returns 0, or -1 with the reason in `why`. */
static int
store(const struct option_row *r, char *options, const char *text, char *why)
{
	void *place = options + r->place;

	switch (r->kind) {
	case OPTION_FLAG:
	case OPTION_CLEAR:
		*(bool *)place = r->kind == OPTION_FLAG;
		return 0;
	case OPTION_SET:
		*(int *)place = (int)r->min;
		return 0;
	case OPTION_TEXT:
		*(const char **)place = text;
		return 0;
	case OPTION_COUNT:
		return read_count(r, text, place, why);
	case OPTION_SECONDS:
		return read_seconds(r, text, place, why);
	case OPTION_CHOICE:
		return read_choice(r, text, place, why);
	default:
		return r->call(options, text, why);
	}
}

/* Composes the message about an invalid value. */
static enum command_line_outcome
wrong_value(
    const struct option_row *r, const char *value, const char *what, char *why)
{
	char letter[] = {r->letter, '\0'}, shown[COMMAND_LINE_SHOWN_MAX];

	command_line_wrong(why, "%s%s%s%s: %s", r->name != NULL ? "--" : "-",
	    r->name != NULL ? r->name : letter, value != NULL ? " " : "",
	    command_line_show(value != NULL ? value : "", shown), what);
	return COMMAND_LINE_WRONG;
}

static bool
is_ambiguous(const struct option *names, const char *word)
{
	size_t length = strcspn(word + 2, "=");
	int like = 0;

	for (; names->name != NULL; names++)
		like += strncmp(names->name, word + 2, length) == 0;
	return like > 1;
}

/* Composes the message about an error of getopt_long(), which returned `found`
 * and set optopt: 0 for a long name that is unknown or ambiguous. */
static enum command_line_outcome
wrong_option(
    const struct getopt_tables *t, int found, const char *word, char *why)
{
	bool is_long = optopt == 0 || optopt >= LONG_NAME;
	char letter[] = {'-', (char)optopt, '\0'};
	char shown[COMMAND_LINE_SHOWN_MAX];
	const char *what = "no such option";

	if (found == ':')
		what = "needs a value";
	else if (optopt >= LONG_NAME)
		what = "takes no value";
	else if (optopt == 0 && is_ambiguous(t->names, word))
		what = "is ambiguous";
	command_line_wrong(why, "%s: %s (see --help)",
	    command_line_show(is_long ? word : letter, shown), what);
	return COMMAND_LINE_WRONG;
}

enum command_line_outcome
command_line_parse(const struct command_line *c, int argc, char *argv[],
    void *options, int *operands, char *why)
{
	char what[COMMAND_LINE_WHY_MAX];
	const struct option_row *r;
	struct getopt_tables t = {.letters = ":"};
	int found;

	make_tables(c, &t);
	opterr = 0;
	optind = 0; /* glibc: reinitialise, for the unit tests */
	while (
	    (found = getopt_long(argc, argv, t.letters, t.names, NULL)) != -1) {
		if (found == ':' || found == '?')
			return wrong_option(&t, found, argv[optind - 1], why);
		r = find_row(c, found);
		if (r->kind == OPTION_HELP) {
			command_line_help(c);
			return COMMAND_LINE_SHOWN;
		}
		if (r->kind == OPTION_VERSION) {
			printf("%s %s\n", c->program, PACKAGE_VERSION);
			return COMMAND_LINE_SHOWN;
		}
		/* Of a file or a name it would be reported without a name. */
		if (optarg != NULL && optarg[0] == '\0')
			return wrong_value(
			    r, NULL, "needs a value (see --help)", why);
		if (store(r, options, optarg, what) == -1)
			return wrong_value(r, optarg, what, why);
	}
	*operands = optind;
	return COMMAND_LINE_RUN;
}
