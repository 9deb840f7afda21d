#include "services/xml.h"

#include <stdio.h>
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
 * Reads up to the end of the next tag.  Stores where the tag begins in `start`,
 * and in `text` whether text other than white space is before it.  Returns the
 * tag's size, or -1.
 */
static ssize_t
read_tag(struct exchange *e, const char **start, bool *text)
{
	size_t size = 0;
	ssize_t n;

	*text = false;
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
			*text = true;
			size = 0;
			continue;
		}
		if (e->line + strspn(e->line, SPACES) != *start)
			*text = true;
		n = e->line + size - *start;
		if (!within_quotes(*start, (size_t)n))
			return n;
	}
}

static void
copy_name(char name[XML_NAME_MAX], const char *from, size_t size)
{
	if (size >= XML_NAME_MAX)
		size = XML_NAME_MAX - 1;
	memcpy(name, from, size);
	name[size] = '\0';
}

/* Copies the parts of the tag's name, which is at `from`.  Returns what follows
 * it. */
static const char *
take_name(struct xml_tag *tag, const char *from)
{
	const char *end = from + strcspn(from, SPACES "=/");
	const char *colon = memchr(from, ':', (size_t)(end - from));

	tag->prefix[0] = '\0';
	if (colon != NULL) {
		copy_name(tag->prefix, from, (size_t)(colon - from));
		from = colon + 1;
	}
	copy_name(tag->name, from, (size_t)(end - from));
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
	ssize_t n = read_tag(e, &start, &tag->text);
	char *at;
	size_t size;

	if (n == -1)
		return -1;
	exchange_note(e, start, (size_t)n);
	at = e->line + (start - e->line) + 1;
	size = (size_t)n - 2;
	if (!is_well_formed(at, size))
		return exchange_not_understood(e, XML_NOT_ALLOWED);
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
	tag->attributes = take_name(tag, at);
	if (tag->name[0] == '\0' ||
	    !is_name(at, (size_t)(tag->attributes - at)) ||
	    (at[0] == '?' && tag->kind != XML_DECLARATION))
		return exchange_not_understood(e, XML_NOT_ALLOWED);
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

/* Finds an attribute of the tag by its name, with its prefix.  Returns false if
 * there is none. */
static bool
find_attribute(const struct xml_tag *tag, const char *name, struct attribute *a)
{
	const char *at = tag->attributes;

	while ((at = next_attribute(at, a)) != NULL)
		if (equals(a->name, a->name_size, name))
			return true;
	return false;
}

bool
xml_has(const struct xml_tag *tag, const char *name, const char *value)
{
	struct attribute a;

	return find_attribute(tag, name, &a) &&
	       (value == NULL || equals(a.value, a.value_size, value));
}

bool
xml_in_namespace(const struct xml_tag *tag, const char *name)
{
	char declaration[sizeof("xmlns:") + XML_NAME_MAX];
	struct attribute a;

	snprintf(declaration, sizeof(declaration), "xmlns%s%s",
	    tag->prefix[0] == '\0' ? "" : ":", tag->prefix);
	return find_attribute(tag, declaration, &a)
	           ? equals(a.value, a.value_size, name)
	           : tag->prefix[0] != '\0';
}

bool
xml_closes(const struct xml_tag *end, const struct xml_tag *start)
{
	return end->kind == XML_END &&
	       strcmp(end->prefix, start->prefix) == 0 &&
	       strcmp(end->name, start->name) == 0;
}
