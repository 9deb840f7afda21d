#include "base/der.h"

#include <stddef.h>

#include <libtasn1.h>

int
der_take(struct der *from, unsigned char tag, struct der *content)
{
	int octets = 0, expected;
	long size;

	if (from->size < 2 || from->at[0] != tag)
		return -1;
	size = asn1_get_length_der(from->at + 1, from->size - 1, &octets);
	/* libtasn1 takes a length that is cut off for a shorter one. */
	expected = 1 + (from->at[1] > 127 ? from->at[1] & 127 : 0);
	if (size < 0 || octets != expected)
		return -1;
	if (content != NULL)
		*content = (struct der){from->at + 1 + octets, (int)size};
	from->at += 1 + octets + size;
	from->size -= 1 + octets + (int)size;
	return 0;
}

int
der_take_whole(struct der *from, unsigned char tag, struct der *element)
{
	const unsigned char *at = from->at;

	if (der_take(from, tag, NULL) == -1)
		return -1;
	*element = (struct der){at, (int)(from->at - at)};
	return 0;
}
