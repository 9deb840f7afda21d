/*
 * The little of XML that XMPP's stream is made of (RFC 6120, 11.1): tags, read
 * one by one and not an octet further.  What is between them is skipped.
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
	char name[XML_NAME_MAX]; /* without its prefix; cut where too long */
	const char *attributes;  /* good until the next tag is read */
};

/*
 * Reads up to the end of the next tag, and no octet further.  Comments, DTDs,
 * CDATA and processing instructions fail (RFC 6120, 11.1 forbids all but
 * CDATA, which no server has a use for here).  Returns 0 or -1.
 */
int xml_read(struct exchange *, struct xml_tag *);

/* Whether the tag has the attribute, and if `value` is not NULL, that value. */
bool xml_has(const struct xml_tag *, const char *name, const char *value);

/* Whether it has an attribute of this value, whatever its name: a namespace's
 * declaration, with or without a prefix. */
bool xml_has_value(const struct xml_tag *, const char *value);

#endif
