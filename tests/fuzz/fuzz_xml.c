/*
 * Fuzzes the reading of XML, tag by tag.
 *
 * The input: a script (stage.h).  However it is cut: a tag is read up to the
 * ">" that ends it, and is what was sent.
 */
#include <string.h>

#include "exchange_stage.h"
#include "fuzz.h"
#include "services/xml.h"
#include "stage.h"

#define TLS_NAMESPACE "urn:ietf:params:xml:ns:xmpp-tls"
/* Tags to read of an input. */
#define TAGS_MOST 64

/* The size of text and the tag behind it, by a reader of its own; 0: no tag
 * ends in it.  Where the tag begins goes to `start`. */
static size_t
to_end_of_tag(const char *text, size_t size, size_t *start)
{
	bool within = false;
	char quote = '\0';

	for (size_t i = 0; i < size; i++) {
		if (!within) {
			within = text[i] == '<';
			*start = i;
		} else if (quote != '\0') {
			if (text[i] == quote)
				quote = '\0';
		} else if (text[i] == '\'' || text[i] == '"')
			quote = text[i];
		else if (text[i] == '>')
			return i + 1;
	}
	return 0;
}

static void
check_kind(const struct xml_tag *tag, const char *text, size_t size)
{
	FUZZ_REQUIRE(text[1] != '!');
	FUZZ_REQUIRE((tag->kind == XML_END) == (text[1] == '/'));
	FUZZ_REQUIRE((tag->kind == XML_DECLARATION) == (text[1] == '?'));
	if (tag->kind == XML_DECLARATION)
		FUZZ_REQUIRE(
		    strncmp(text, "<?xml", 5) == 0 && text[size - 2] == '?');
	else if (tag->kind != XML_END)
		FUZZ_REQUIRE(
		    (tag->kind == XML_EMPTY) == (text[size - 2] == '/'));
}

/* A tag of `size` octets, from "<" to ">". */
static void
check_tag(const struct xml_tag *tag, const char *text, size_t size)
{
	size_t length = strnlen(tag->name, XML_NAME_MAX);

	check_kind(tag, text, size);
	FUZZ_REQUIRE(length > 0 && length < XML_NAME_MAX);
	FUZZ_REQUIRE(strpbrk(tag->name, " \t\r\n=/<>") == NULL);
	FUZZ_REQUIRE(memmem(text, size, tag->name, length) != NULL);
	if (xml_has(tag, "version", "1.0"))
		FUZZ_REQUIRE(memmem(text, size, "version", 7) != NULL &&
			     memmem(text, size, "1.0", 3) != NULL);
	if (tag->prefix[0] == '\0' && xml_in_namespace(tag, TLS_NAMESPACE))
		FUZZ_REQUIRE(memmem(text, size, TLS_NAMESPACE,
				 sizeof(TLS_NAMESPACE) - 1) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct octets *sent = &stage_look()->actor.sent;
	struct exchange *e = exchange_stage_open("xmpp", input, size);
	struct xml_tag tag;
	size_t at = 0, read, start;
	bool failed = false;

	for (int i = 0; i < TAGS_MOST && !failed; i++) {
		failed = xml_read(e, &tag) == -1;
		read = exchange_stage_check(e, failed);
		if (!failed) {
			const char *text = (const char *)sent->octets + at;

			FUZZ_REQUIRE(to_end_of_tag(text, read - at, &start) ==
				     read - at);
			FUZZ_REQUIRE(
			    tag.text == (strspn(text, " \t\r\n") < start));
			check_tag(&tag, text + start, read - at - start);
		}
		at = read;
	}
	exchange_stage_close(e);
	return 0;
}
