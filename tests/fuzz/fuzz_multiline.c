/*
 * Fuzzes the reading of replies of several lines, and of lists.
 *
 * The input: an octet for the form of the reply, then a script (stage.h).  A
 * reply ends with the line that ends it, and is of one code.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange_stage.h"
#include "fuzz.h"
#include "services/reply.h"
#include "stage.h"

/* The forms of enum reply_form, and this. */
enum { LIST = 3 };

static unsigned int lines;

static void
count_line(struct exchange *e, const char *text, unsigned int number)
{
	FUZZ_REQUIRE(number == lines++);
	FUZZ_REQUIRE(text >= e->line && text < e->line + sizeof(e->line));
	FUZZ_REQUIRE(strlen(text) < sizeof(e->line));
}

/* Whether the line, of `size` octets with its end, is "." but for white space
 * behind it. */
static bool
is_dot(const char *line, size_t size)
{
	return line[0] == '.' && strspn(line + 1, "\t\v\f\r ") == size - 2;
}

/* Whether the line has the code, and then one of `next`. */
static bool
has_code(const char *line, int code, const char *next)
{
	return strspn(line, "0123456789") == 3 && atoi(line) == code &&
	       strchr(next, line[3]) != NULL;
}

/* Whether the line ends a reply of this code: a space follows, or nothing but
 * white space up to the end of the line. */
static bool
is_last(const char *line, size_t size, int code)
{
	return has_code(line, code, " ") ||
	       (has_code(line, code, "\t\v\f\r\n") &&
		   strspn(line + 3, "\t\v\f\r \n") == size - 3);
}

/* A line that is not the last. */
static void
check_line(const char *line, size_t size, int form, int code, bool first)
{
	if (form == LIST)
		FUZZ_REQUIRE(!is_dot(line, size));
	else {
		FUZZ_REQUIRE(form != REPLY_LINE);
		if (form == REPLY_CODED || first)
			FUZZ_REQUIRE(has_code(line, code, "-"));
		else if (size > 3)
			FUZZ_REQUIRE(!is_last(line, size, code));
	}
}

/* What was read, `size` octets, against the form. */
static void
check_reply(const char *sent, size_t size, int form, int code)
{
	const char *line = sent, *end = sent + size, *lf;
	unsigned int count = 1;

	while ((lf = memchr(line, '\n', (size_t)(end - line))) + 1 != end) {
		FUZZ_REQUIRE(lf != NULL);
		check_line(
		    line, (size_t)(lf + 1 - line), form, code, line == sent);
		line = lf + 1;
		count++;
	}
	FUZZ_REQUIRE(lines == count);
	if (form == LIST)
		FUZZ_REQUIRE(is_dot(line, (size_t)(end - line)));
	else {
		FUZZ_REQUIRE(code >= 100 && code <= 599);
		FUZZ_REQUIRE(has_code(line, code, " \t\v\f\r\n"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct octets *sent = &stage_look()->actor.sent;
	struct exchange *e;
	int form, code;
	size_t read;

	if (size < 1)
		return 0;
	form = input[0] & 3;
	lines = 0;
	e = exchange_stage_open("smtp", input + 1, size - 1);
	if (form == LIST) {
		code = reply_capabilities(e, "STARTTLS");
		lines = e->lines;
	} else
		code = reply_read(e, (enum reply_form)form, count_line);
	read = exchange_stage_check(e, code == -1);
	if (code != -1)
		check_reply((const char *)sent->octets, read, form, code);
	exchange_stage_close(e);
	return 0;
}
