/*
 * Where a connection comes from, as far as limits care.
 */
#include "base/source.h"

#include <string.h>

int
source_compare(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return memcmp(x->octets, y->octets, sizeof(x->octets));
}
