#include "services/protocols.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "services/exchange_internal.h"

/* More than the longest word that is compared. */
#define WORD_MAX 32

/* Returns the size of the literal that follows the line, from the "{5}" or
 * "{5+}" at its end (RFC 5804, 4), or -1 if none does. */
static long
literal_size(const char *line, size_t length)
{
	const char *brace = strrchr(line, '{');
	char *end;
	long size;

	if (brace == NULL || line[length - 1] != '}' ||
	    !isdigit((unsigned char)brace[1]))
		return -1;
	size = strtol(brace + 1, &end, 10);
	if (*end == '+')
		end++;
	return end == line + length - 1 ? size : -1;
}

/* Copies the atom or the quoted string, without its quotes, that the line
 * begins with; cuts it if it is too long. */
static void
first_word(const char *line, char word[WORD_MAX])
{
	const char *ends = line[0] == '"' ? "\"" : " (";
	size_t size;

	line += line[0] == '"';
	size = strcspn(line, ends);
	if (size >= WORD_MAX)
		size = WORD_MAX - 1;
	memcpy(word, line, size);
	word[size] = '\0';
}

/*
 * Reads a line of the protocol, which continues behind each literal in it.
 * Stores its first word in `word`, and in `string` whether that is a string,
 * which only the names of capabilities are.  Returns 0 or -1.
 */
static int
read_line(struct exchange *e, char word[WORD_MAX], bool *string)
{
	ssize_t n = exchange_read_line(e);
	long size;

	if (n == -1)
		return -1;
	*string = e->line[0] == '"' || e->line[0] == '{';
	first_word(e->line, word);
	for (bool first = e->line[0] == '{';
	     n > 0 && (size = literal_size(e->line, (size_t)n)) != -1;
	     first = false) {
		if (exchange_read_exact(e, 0, (size_t)size) == -1)
			return -1;
		if (first) {
			size_t shown = (size_t)size < WORD_MAX - 1
			                   ? (size_t)size
			                   : WORD_MAX - 1;

			memcpy(word, e->line, shown);
			word[shown] = '\0';
		}
		if ((n = exchange_read_line(e)) == -1)
			return -1;
	}
	return 0;
}

/*
 * Reads capabilities, if there are any, and the reply that follows them. Stores
 * in `starttls` whether that is among them.  Returns 1 for OK, 0 for NO and
 * BYE, or -1.
 */
static int
read_reply(struct exchange *e, bool *starttls)
{
	char word[WORD_MAX];
	bool string;

	*starttls = false;
	for (;;) {
		if (read_line(e, word, &string) == -1)
			return -1;
		if (string && strcasecmp(word, "STARTTLS") == 0)
			*starttls = true;
		if (string)
			continue;
		if (strcasecmp(word, "OK") == 0)
			return 1;
		if (strcasecmp(word, "NO") == 0 || strcasecmp(word, "BYE") == 0)
			return 0;
		return exchange_not_understood(
		    e, "is neither OK nor NO nor BYE");
	}
}

int
sieve_greeting(struct exchange *e)
{
	bool starttls;
	int ok = read_reply(e, &starttls);

	if (ok == 0)
		return exchange_refused(e);
	if (ok == 1)
		e->offered = starttls ? EXCHANGE_OFFERED : EXCHANGE_NOT_OFFERED;
	return ok == 1 ? 0 : -1;
}

int
sieve_upgrade(struct exchange *e)
{
	/* An offer that comes after the command is none. */
	bool ignored;
	int ok;

	if (exchange_command(e, "STARTTLS", "") == -1)
		return -1;
	ok = read_reply(e, &ignored);
	if (ok == 0)
		return exchange_not_upgraded(e);
	return ok == 1 ? 0 : -1;
}

/*
 * After the handshake the server must send its capabilities again, without
 * STARTTLS (RFC 5804, 2.2); this shows that it speaks over TLS.
 */
int
sieve_farewell(struct exchange *e)
{
	bool starttls;
	int ok = read_reply(e, &starttls);

	if (ok == 1 && starttls)
		ok = exchange_not_understood(e, "offers STARTTLS again");
	if (ok == 1) {
		if (exchange_command(e, "LOGOUT", "") == -1)
			return -1;
		ok = read_reply(e, &starttls);
	}
	if (ok == 0)
		return exchange_refused(e);
	return ok == 1 ? 0 : -1;
}
