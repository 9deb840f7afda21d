/*
 * Fuzzes the reading of a proxy's answer to CONNECT.
 *
 * The input: a script (stage.h).  The tunnel is open where a response 2xx ends,
 * after any number of responses 1xx, and nowhere else.
 */
#include <ctype.h>
#include <string.h>

#include "exchange_stage.h"
#include "fuzz.h"
#include "stage.h"

/* The first digit of a status line (RFC 9112, 4), or '\0': it is none. */
static char
status_class(const char *line, size_t size)
{
	static const char version[] = "HTTP/1.";
	const char *at = line + sizeof(version) - 1;

	/* The version's last digit, a space, three digits, a space or an end.
	 */
	if (size < sizeof(version) + 5 || strncmp(line, version, 7) != 0 ||
	    !isdigit((unsigned char)at[0]) || at[1] != ' ')
		return '\0';
	at += 2;
	for (int i = 0; i < 3; i++)
		if (!isdigit((unsigned char)at[i]))
			return '\0';
	return isspace((unsigned char)at[3]) ? at[0] : '\0';
}

static bool
is_blank(const char *line, size_t size)
{
	return strspn(line, "\t\v\f\r ") == size - 1;
}

/* What was read, if it was taken for an open tunnel. */
static void
check_open(const char *sent, size_t size)
{
	const char *line = sent, *end = sent + size, *lf;
	char class = '\0';

	for (; line < end; line = lf + 1) {
		lf = memchr(line, '\n', (size_t)(end - line));
		FUZZ_REQUIRE(lf != NULL);
		if (class == '\0') {
			class = status_class(line, (size_t)(lf + 1 - line));
			FUZZ_REQUIRE(class == '1' || class == '2');
		} else if (is_blank(line, (size_t)(lf + 1 - line))) {
			if (class == '2') {
				FUZZ_REQUIRE(lf + 1 == end);
				return;
			}
			class = '\0';
		}
	}
	FUZZ_REQUIRE(line < end); /* no empty line came before */
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct octets *sent = &stage_look()->actor.sent;
	struct exchange *e = exchange_stage_open("smtp", input, size);
	int ret = exchange_connect(e, "mx.example.net", "25");
	size_t read = exchange_stage_check(e, ret == -1);

	if (ret == 0)
		check_open((const char *)sent->octets, read);
	exchange_stage_close(e);
	return 0;
}
