#include "base/dontfork.h"

#include <sys/mman.h>

static void *
map(size_t size, int sharing)
{
	void *memory = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, size, MADV_DONTFORK) == 0)
		return memory;
	munmap(memory, size);
	return NULL;
}

void *
dontfork_new(size_t size)
{
	return map(size, MAP_PRIVATE);
}

void *
dontfork_new_for_children(size_t size)
{
	return map(size, MAP_SHARED);
}

void
dontfork_free(void *memory, size_t size)
{
	if (memory != NULL)
		munmap(memory, size);
}
