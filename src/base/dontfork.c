#include "base/dontfork.h"

#include <errno.h>
#include <string.h>
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

/* The beginning of an object that is free. */
struct unused {
	struct unused *next;
};

struct dontfork_pool {
	size_t size, most;
	size_t touched; /* so many objects at the beginning were taken once */
	struct unused *unused;
	char *objects;
};

struct dontfork_pool *
dontfork_pool_new(size_t size, size_t most)
{
	struct dontfork_pool *p = dontfork_new(sizeof(*p));
	const size_t unit = _Alignof(max_align_t); /* as malloc(3) */

	if (p == NULL)
		return NULL;
	p->size = (size + unit - 1) / unit * unit;
	p->most = most;
	p->objects = dontfork_new(p->size * most);
	if (p->objects != NULL)
		return p;
	dontfork_free(p, sizeof(*p));
	return NULL;
}

void
dontfork_pool_free(struct dontfork_pool *p)
{
	if (p == NULL)
		return;
	dontfork_free(p->objects, p->size * p->most);
	dontfork_free(p, sizeof(*p));
}

void *
dontfork_pool_take(struct dontfork_pool *p)
{
	struct unused *object = p->unused;

	if (object != NULL)
		p->unused = object->next;
	else if (p->touched < p->most)
		object = (void *)(p->objects + p->size * p->touched++);
	else {
		errno = ENOMEM;
		return NULL;
	}
	return memset(object, 0, p->size);
}

void
dontfork_pool_give(struct dontfork_pool *p, void *object)
{
	struct unused *unused = object;

	if (object == NULL)
		return;
	unused->next = p->unused;
	p->unused = unused;
}
