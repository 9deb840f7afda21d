#include "base/dontfork.h"

#include <sys/mman.h>

void *
dontfork_new(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, size, MADV_DONTFORK) == 0)
		return memory;
	munmap(memory, size);
	return NULL;
}

void
dontfork_free(void *memory, size_t size)
{
	if (memory != NULL)
		munmap(memory, size);
}
