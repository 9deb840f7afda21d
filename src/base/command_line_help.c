/*
 * --help: two columns, aligned within each section.
 */
#include <stdio.h>
#include <string.h>

#include "base/command_line_internal.h"

#define LEFT_MAX 80

/* "-l, --listen=ADDRESS", "--prometheus[=FILE]" */
static void
name_option(const struct option_row *r, char left[LEFT_MAX])
{
	char letter[] = {'-', r->letter, '\0'};
	const char *between = r->name != NULL ? "=" : " ";
	int used = snprintf(left, LEFT_MAX, "%s%s%s%s",
	    r->letter != '\0' ? letter : "    ",
	    r->letter != '\0' && r->name != NULL ? ", " : "",
	    r->name != NULL ? "--" : "", r->name != NULL ? r->name : "");

	if (r->value != NULL)
		snprintf(left + used, LEFT_MAX - (size_t)used, "%s%s",
		    r->value[0] == '[' ? "" : between, r->value);
	for (size_t i = 0; r->choices != NULL && r->choices[i] != NULL; i++)
		used += snprintf(left + used, LEFT_MAX - (size_t)used, "%s%s",
		    i == 0 ? between : "|", r->choices[i]);
}

/* The width of the first column in the section that begins at row `i`. */
static int
width_from(const struct command_line *c, size_t i)
{
	const struct option_row *r;
	char left[LEFT_MAX];
	size_t width = 0;

	while ((r = command_line_row(c, i++)) != NULL &&
	       r->kind != OPTION_HEADING) {
		name_option(r, left);
		if (strlen(left) > width)
			width = strlen(left);
	}
	return (int)width;
}

static void
print_default(const struct option_row *r, const char *defaults)
{
	const void *place = defaults + r->place;

	if (r->kind == OPTION_COUNT && *(const unsigned long *)place != 0)
		printf(" (%lu)", *(const unsigned long *)place);
	else if (r->kind == OPTION_SECONDS && *(const int64_t *)place != 0)
		printf(" (%g)", (double)*(const int64_t *)place / 1e3);
	else if (r->kind == OPTION_CHOICE &&
		 r->choices[*(const unsigned int *)place] != NULL)
		printf(" (%s)", r->choices[*(const unsigned int *)place]);
}

static void
print_row(const struct command_line *c, const struct option_row *r, int width)
{
	const char *line = r->help;
	char left[LEFT_MAX];
	size_t length;

	name_option(r, left);
	printf("  %-*s  ", width, left);
	while (length = strcspn(line, "\n"), line[length] == '\n') {
		printf("%.*s\n%*s", (int)length, line, width + 4, "");
		line += length + 1;
	}
	printf("%s", line);
	print_default(r, c->defaults);
	printf("\n");
}

void
command_line_help(const struct command_line *c)
{
	const struct option_row *r;
	int width = width_from(c, 0);

	printf("%s", c->usage);
	for (size_t i = 0; (r = command_line_row(c, i)) != NULL; i++) {
		if (r->kind == OPTION_HEADING) {
			printf("\n%s%s", r->help != NULL ? r->help : "",
			    r->help != NULL ? "\n" : "");
			width = width_from(c, i + 1);
		} else
			print_row(c, r, width);
	}
	if (c->end != NULL)
		printf("\n%s", c->end);
}
