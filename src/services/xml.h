/*
 * Reads the subset of XML that XMPP uses (RFC 6120, 11.1), tag by tag.  Text
 * between tags is skipped.
 */
#ifndef PINGTLS_XML_H
#define PINGTLS_XML_H

#include <stdbool.h>

#include "services/exchange_internal.h"

#define XML_NAME_MAX 64

struct xml_tag {
	enum {
		XML_DECLARATION, /* <?xml ...?> */
		XML_START,       /* <name> */
		XML_EMPTY,       /* <name/> */
		XML_END,         /* </name> */
	} kind;
	char name[XML_NAME_MAX]; /* without its prefix; cut if too long */
	const char *attributes;  /* valid until the next tag is read */
};

/*
 * Reads up to and including the next tag, and nothing behind it.  Comments,
 * DTDs and processing instructions, which RFC 6120, 11.1 forbids, are errors,
 * and so is CDATA, which no server uses before authentication.  Returns 0 or
 * -1.
 */
int xml_read(struct exchange *, struct xml_tag *);

/* True if the tag has the attribute, with this value unless that is NULL. */
bool xml_has(const struct xml_tag *, const char *name, const char *value);

/* True if any attribute of the tag has this value, such as the declaration of a
 * namespace with or without a prefix. */
bool xml_has_value(const struct xml_tag *, const char *value);

#endif
