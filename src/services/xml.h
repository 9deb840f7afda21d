/*
 * Reads the subset of XML that XMPP uses (RFC 6120, 11.1), tag by tag.  Text
 * between tags is not kept.
 */
#ifndef PINGTLS_XML_H
#define PINGTLS_XML_H

#include <stdbool.h>

#include "services/exchange_internal.h"

#define XML_NAME_MAX 64

/* For exchange_not_understood(). */
#define XML_NOT_ALLOWED "is not XML as XMPP allows it"

struct xml_tag {
	enum {
		XML_DECLARATION, /* <?xml ...?> */
		XML_START,       /* <name> */
		XML_EMPTY,       /* <name/> */
		XML_END,         /* </name> */
	} kind;
	/* The two parts of its name, cut if too long; "" is no prefix. */
	char prefix[XML_NAME_MAX], name[XML_NAME_MAX];
	bool text;              /* other than white space is before it */
	const char *attributes; /* valid until the next tag is read */
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

/*
 * True if the tag declares that it is in this namespace.  If it has a prefix
 * that it does not declare, an element around it does, and may declare this.
 */
bool xml_in_namespace(const struct xml_tag *, const char *name);

/* True if `end` is the end tag for `start`. */
bool xml_closes(const struct xml_tag *end, const struct xml_tag *start);

#endif
