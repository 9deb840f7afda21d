#include "services/xml.h"

#include <string.h>

#define SPACES " \t\r\n"

/* True if the ">" at the end of `tag` is within quotes, and so part of an
 * attribute's value. */
static bool
within_quotes(const char *tag, size_t size)
{
	char quote = '\0';

	for (size_t i = 0; i < size; i++)
		if (quote != '\0')
			quote = tag[i] == quote ? '\0' : quote;
		else if (tag[i] == '\'' || tag[i] == '"')
			quote = tag[i];
	return quote != '\0';
}

/*
 * Reads up to the end of the next tag.  Stores where the tag begins in `start`
 * and returns its size, or -1.
 */
static ssize_t
read_tag(struct exchange *e, const char **start)
{
	size_t size = 0;
	ssize_t n;

	for (;;) {
		if (size == sizeof(e->line))
			return exchange_broken(e, STREAM_TOO_LONG);
		n = stream_read_until(
		    e->stream, '>', e->line + size, sizeof(e->line) - size);
		if (n < 0)
			return exchange_broken(e, (int)n);
		if (exchange_count(e, 0) == -1)
			return -1;
		size += (size_t)n;
		*start = memchr(e->line, '<', size);
		if (*start == NULL) {
			/* A ">" in text. */
			size = 0;
			continue;
		}
		n = e->line + size - *start;
		if (!within_quotes(*start, (size_t)n))
			return n;
	}
}

/* Copies the local part of the name at `from`.  Returns what follows the name.
 */
static const char *
take_name(const char *from, char name[XML_NAME_MAX])
{
	size_t size = strcspn(from, SPACES "=/");
	const char *prefix = memchr(from, ':', size);
	const char *end = from + size;

	if (prefix != NULL)
		from = prefix + 1;
	size = (size_t)(end - from);
	if (size >= XML_NAME_MAX)
		size = XML_NAME_MAX - 1;
	memcpy(name, from, size);
	name[size] = '\0';
	return end;
}

/* True if the content of a tag, without its angle brackets, is allowed. */
static bool
is_well_formed(const char *tag, size_t size)
{
	return size > 0 && tag[0] != '!' && memchr(tag, '<', size) == NULL &&
	       memchr(tag, '\0', size) == NULL;
}

/* True if it can be the name of a tag: quotes are around values only. */
static bool
is_name(const char *name, size_t size)
{
	return memchr(name, '\'', size) == NULL &&
	       memchr(name, '"', size) == NULL;
}

int
xml_read(struct exchange *e, struct xml_tag *tag)
{
	const char *start = NULL;
	ssize_t n = read_tag(e, &start);
	char *at;
	size_t size;

	if (n == -1)
		return -1;
	exchange_note(e, start, (size_t)n);
	at = e->line + (start - e->line) + 1;
	size = (size_t)n - 2;
	if (!is_well_formed(at, size))
		return exchange_not_understood(
		    e, "is not XML as XMPP allows it");
	tag->kind = XML_START;
	if (at[0] == '/') {
		tag->kind = XML_END;
		at++;
		size--;
	} else if (size > 0 && at[size - 1] == '/') {
		tag->kind = XML_EMPTY;
		size--;
	} else if (size > 4 && strncmp(at, "?xml", 4) == 0 &&
		   strchr(SPACES, at[4]) != NULL && at[size - 1] == '?') {
		tag->kind = XML_DECLARATION;
		size--;
	}
	at[size] = '\0';
	tag->attributes = take_name(at, tag->name);
	if (tag->name[0] == '\0' ||
	    !is_name(at, (size_t)(tag->attributes - at)) ||
	    (at[0] == '?' && tag->kind != XML_DECLARATION))
		return exchange_not_understood(
		    e, "is not XML as XMPP allows it");
	return 0;
}

/* An attribute.  Its name includes the prefix. */
struct attribute {
	const char *name, *value;
	size_t name_size, value_size;
};

/* Parses the next attribute.  Returns what follows it, or NULL if there is
 * none.
 */
static const char *
next_attribute(const char *from, struct attribute *a)
{
	from += strspn(from, SPACES);
	a->name = from;
	a->name_size = strcspn(from, SPACES "=");
	if (a->name_size == 0)
		return NULL;
	from += a->name_size;
	from += strspn(from, SPACES);
	if (*from != '=')
		return NULL;
	from++;
	from += strspn(from, SPACES);
	if (*from != '\'' && *from != '"')
		return NULL;
	a->value = from + 1;
	from = strchr(a->value, *from);
	if (from == NULL)
		return NULL;
	a->value_size = (size_t)(from - a->value);
	return from + 1;
}

static bool
equals(const char *text, size_t size, const char *other)
{
	return strlen(other) == size && memcmp(text, other, size) == 0;
}

bool
xml_has(const struct xml_tag *tag, const char *name, const char *value)
{
	const char *at = tag->attributes;
	struct attribute a;

	while ((at = next_attribute(at, &a)) != NULL)
		if (equals(a.name, a.name_size, name) &&
		    (value == NULL || equals(a.value, a.value_size, value)))
			return true;
	return false;
}

bool
xml_has_value(const struct xml_tag *tag, const char *value)
{
	const char *at = tag->attributes;
	struct attribute a;

	while ((at = next_attribute(at, &a)) != NULL)
		if (equals(a.value, a.value_size, value))
			return true;
	return false;
}
