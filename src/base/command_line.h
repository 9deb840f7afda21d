/*
 * A command line read by a table: a row an option.  --help, --version and the
 * messages about mistakes come from here, so that both programs say the same.
 */
#ifndef PINGTLS_COMMAND_LINE_H
#define PINGTLS_COMMAND_LINE_H

#include <stddef.h>
#include <stdint.h>

/* What an option stores, and where: the type of the member at `place`. */
enum option_kind {
	OPTION_HEADING, /* no option: in --help, an empty line and `help` */
	OPTION_FLAG,    /* bool, set to true */
	OPTION_CLEAR,   /* bool, set to false */
	OPTION_SET,     /* int, set to `min` */
	OPTION_TEXT,    /* const char *, which refers to argv */
	OPTION_COUNT,   /* unsigned long, a number from `min` to `max` */
	OPTION_SECONDS, /* int64_t, milliseconds from `min` to `max` */
	OPTION_CHOICE,  /* an enum, the index of one of `choices` */
	OPTION_CALL,    /* what `call` makes of it */
	OPTION_HELP,
	OPTION_VERSION,
};

struct option_row {
	enum option_kind kind;
	char letter;       /* 0: none */
	const char *name;  /* the long name; NULL: none */
	const char *value; /* what --help calls its value; NULL: has none, or
	                      is an OPTION_CHOICE */
	size_t place;      /* offset in the program's struct of options */
	int64_t min, max;  /* max 0: no upper limit */
	const char *const *choices; /* ends with NULL */
	/* Takes the value, NULL where the option has none.  Returns 0, or -1
	 * with what is wrong in `why`: "must be ...". */
	int (*call)(void *options, const char *value, char *why);
	/* For --help; a new line begins a line.  The default of a number that
	 * is not 0, and that of a choice, is put behind it. */
	const char *help;
};

struct command_line {
	const char *program;
	const char *usage; /* above the options in --help */
	const char *end;   /* below them; NULL: nothing */
	const struct option_row *rows;
	size_t count;         /* of rows; --help and --version are added */
	const void *defaults; /* a struct of options */
};

enum command_line_outcome {
	COMMAND_LINE_RUN,
	COMMAND_LINE_SHOWN, /* --help or --version: all is done */
	COMMAND_LINE_WRONG, /* `why` has one line */
};

/* Octets of a line that says what is wrong. */
#define COMMAND_LINE_WHY_MAX 512
/* Of a value that is wrong, the line has this much. */
#define COMMAND_LINE_VALUE_SHOWN 128

/*
 * Reads the options into `options`, which has the defaults, and moves what is
 * no option to the end of `argv`, from the index `operands` on.  `why` has room
 * for COMMAND_LINE_WHY_MAX octets.
 */
enum command_line_outcome command_line_parse(const struct command_line *,
    int argc, char *argv[], void *options, int *operands, char *why);

/* Puts a line into `why`, cut where it is too long.  Returns -1. */
int command_line_wrong(char *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
