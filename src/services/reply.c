#include "services/reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int
reply_code(const char *line, const char **rest)
{
	if (line[0] < '1' || line[0] > '5' || strspn(line, "0123456789") != 3)
		return -1;
	*rest = line + 3;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/*
 * Returns the text of a line of a reply with this code, or NULL if the line
 * cannot be part of it.  Stores in `last` whether it is the last line.
 */
static const char *
text_of(const char *line, enum reply_form form, int code, bool *last)
{
	const char *rest;
	bool same = reply_code(line, &rest) == code;

	*last = same && (*rest == ' ' || *rest == '\0');
	if (*last)
		return *rest == ' ' ? rest + 1 : rest;
	if (form == REPLY_LINE)
		return NULL;
	if (same && *rest == '-')
		return rest + 1;
	return form == REPLY_FRAMED ? line : NULL;
}

/* One octet more than is shown, so that a cut can be seen. */
#define JOINED_MAX (EXCHANGE_REPLY_MAX + 1)

/* Adds the text of a line to those before it. */
static void
join(char all[JOINED_MAX], const char *text)
{
	size_t used = strlen(all);

	text += strspn(text, " ");
	if (*text != '\0')
		snprintf(all + used, JOINED_MAX - used, "%s%s",
		    used == 0 ? "" : " ", text);
}

int
reply_read(struct exchange *e, enum reply_form form, reply_line *line)
{
	char all[JOINED_MAX] = "";
	const char *text;
	int code = -1;
	bool last = false;

	for (unsigned int number = 0; !last; number++) {
		if (exchange_read_line(e) == -1)
			return -1;
		if (number == 0)
			code = reply_code(e->line, &text);
		if (code == -1)
			return exchange_not_understood(e, "has no code");
		text = text_of(
		    e->line, number == 0 ? REPLY_CODED : form, code, &last);
		if (text == NULL || (form == REPLY_LINE && !last))
			return exchange_not_understood(
			    e, "has a line that does not belong to it");
		join(all, number == 0 ? e->line : text);
		if (line != NULL)
			line(e, text, number);
	}
	/* The cause of a refusal is often not in its last line. */
	exchange_note(e, all, strlen(all));
	return code;
}

int
reply_expect(struct exchange *e, enum reply_form form, int wanted)
{
	int code = reply_read(e, form, NULL);

	if (code == -1)
		return -1;
	return code == wanted ? 0 : exchange_refused(e);
}

int
reply_starttls(
    struct exchange *e, const char *command, enum reply_form form, int wanted)
{
	int code;

	if (exchange_command(e, command, "") == -1)
		return -1;
	code = reply_read(e, form, NULL);
	if (code == -1)
		return -1;
	return code == wanted ? 0 : exchange_not_upgraded(e);
}

int
reply_capabilities(struct exchange *e, const char *starttls)
{
	do {
		if (exchange_read_line(e) == -1)
			return -1;
		if (strcasecmp(e->line, starttls) == 0)
			e->offered = EXCHANGE_OFFERED;
	} while (strcmp(e->line, ".") != 0);
	if (e->offered == EXCHANGE_UNKNOWN)
		e->offered = EXCHANGE_NOT_OFFERED;
	return 0;
}
