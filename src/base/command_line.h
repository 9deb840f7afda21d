/*
 * Command-line parsing driven by a table with one row per option.  Parsing,
 * --help, --version and the error messages of both programs come from it.
 */
#ifndef PINGTLS_COMMAND_LINE_H
#define PINGTLS_COMMAND_LINE_H

#include <stddef.h>
#include <stdint.h>

/* What an option does.  The type is that of the member at `place`. */
enum option_kind {
	OPTION_HEADING, /* not an option: an empty line and `help` in --help */
	OPTION_FLAG,    /* sets a bool to true */
	OPTION_CLEAR,   /* sets a bool to false */
	OPTION_SET,     /* sets an int to `min` */
	OPTION_TEXT,    /* const char *: points into argv */
	OPTION_COUNT,   /* unsigned long: a number from `min` to `max` */
	OPTION_SECONDS, /* int64_t: seconds, stored as milliseconds, which are
	                   from `min` to `max` */
	OPTION_CHOICE,  /* an enum: the index of one of `choices` */
	OPTION_CALL,    /* calls `call` */
	OPTION_HELP,
	OPTION_VERSION,
};

struct option_row {
	enum option_kind kind;
	char letter;       /* 0: none */
	const char *name;  /* the long name; NULL: none */
	const char *value; /* the placeholder in --help; NULL: takes no value,
	                      or is an OPTION_CHOICE; "[=FILE]": a long name's
	                      value that may be left out */
	size_t place;      /* offsetof() in the program's struct of options */
	int64_t min, max;  /* max 0: no upper limit */
	const char *const *choices; /* NULL-terminated */
	/* Stores the value, which is NULL if the option takes none or it was
	 * left out.  Returns 0, or -1 with the reason in `why`: "must be ...".
	 */
	int (*call)(void *options, const char *value, char *why);
	/* The description in --help; may have several lines.  The default of
	 * an OPTION_CHOICE, and of a number unless it is 0, is appended. */
	const char *help;
};

struct command_line {
	const char *program;
	const char *usage; /* printed before the options by --help */
	const char *end;   /* printed after them; NULL: nothing */
	const struct option_row *rows;
	size_t count;         /* of rows, without --help and --version */
	const void *defaults; /* a struct of options */
};

enum command_line_outcome {
	COMMAND_LINE_RUN,
	COMMAND_LINE_SHOWN, /* --help or --version was printed */
	COMMAND_LINE_WRONG, /* `why` has a one-line message */
};

/* The size of an error message. */
#define COMMAND_LINE_WHY_MAX 512
/* The size of what it shows of an invalid value. */
#define COMMAND_LINE_SHOWN_MAX 128

/*
 * Parses the command line into `options`, which the caller initialised with the
 * defaults.  The operands are moved to the end of `argv`; `operands` is the
 * index of the first.  `why` has room for COMMAND_LINE_WHY_MAX octets.
 */
enum command_line_outcome command_line_parse(const struct command_line *,
    int argc, char *argv[], void *options, int *operands, char *why);

/* Copies a word of the command line, for a message, to `shown`, which has room
 * for COMMAND_LINE_SHOWN_MAX octets and ends in "..." if it is cut.  Returns
 * `shown`. */
const char *command_line_show(const char *word, char *shown);

/* Writes a message to `why`, which ends in "..." if it is cut.  Returns -1. */
int command_line_wrong(char *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
