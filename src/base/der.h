/*
 * Reading of DER and of BER with definite lengths (X.690), element by element.
 */
#ifndef PINGTLS_DER_H
#define PINGTLS_DER_H

/* Tags: universal with their class, as the identifier octet. */
enum {
	DER_INTEGER = 0x02,
	DER_OCTET_STRING = 0x04,
	DER_ENUMERATED = 0x0a,
	DER_SEQUENCE = 0x30,
};

/* Octets that elements are taken off, or an element's content; not owned. */
struct der {
	const unsigned char *at;
	int size;
};

/*
 * Takes the next element off `from`, which must have the tag, and sets
 * `content` (NULL is allowed).  Returns 0; or -1, and takes nothing, if there
 * is no such element, or its length is indefinite or more than there is.
 */
int der_take(struct der *from, unsigned char tag, struct der *content);

/* The same, but sets `element` to all of the element, its tag and length
 * included. */
int der_take_whole(struct der *from, unsigned char tag, struct der *element);

#endif
