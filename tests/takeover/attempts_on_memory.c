/*
 * Memory beyond one's limit, others' memory, and memory that can be executed.
 */
#include "takeover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "session/session.h"

#define DISGUISE 0xa5
/* Twice what SANDBOX_DATA_MAX allows. */
#define MUCH (64UL * 1024 * 1024)
/* The stack's usual limit holds for each such mapping alone. */
#define STACK (4UL * 1024 * 1024)

/* Maps memory and uses every page of it. */
static int
take(size_t size, int protection, int flags)
{
	char *memory =
	    (char *)raw(SYS_mmap, NULL, size, protection, flags, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	memset(memory, 1, size);
	return 0;
}

static int private(const struct loot *loot)
{
	(void)loot;
	return take(MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int
shared(const struct loot *loot)
{
	(void)loot;
	return take(MUCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

/* Counted as a stack and not as data. */
static int
stacks(const struct loot *loot)
{
	int error = 0;

	(void)loot;
	for (size_t i = 0; i < MUCH / STACK && error == 0; i++)
		error = take(STACK, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN);
	return error;
}

/* Mapped read-only and so not counted as data, then made writable. */
static int
turned(const struct loot *loot)
{
	char *memory = (char *)raw(SYS_mmap, NULL, MUCH, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)loot;
	if (memory == MAP_FAILED ||
	    raw(SYS_mprotect, memory, MUCH, PROT_READ | PROT_WRITE) == -1)
		return errno;
	memset(memory, 1, MUCH);
	return 0;
}

static int
heap(const struct loot *loot)
{
	uintptr_t now = (uintptr_t)raw(SYS_brk, 0);

	(void)loot;
	if ((uintptr_t)raw(SYS_brk, now + MUCH) != now + MUCH)
		return ENOMEM;
	memset((void *)now, 1, MUCH);
	return 0;
}

static int
code(const struct loot *loot)
{
	(void)loot;
	return take(4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS);
}

static int
code_later(const struct loot *loot)
{
	void *memory = (void *)raw(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)loot;
	if (memory == MAP_FAILED ||
	    raw(SYS_mprotect, memory, 4096, PROT_READ | PROT_EXEC) == -1)
		return errno;
	return 0;
}

/* Pages of equal content are merged across processes: whoever writes to one
 * feels by the time it takes who else has the same. */
static int
merge(const struct loot *loot)
{
	void *memory = (void *)raw(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)loot;
	if (memory == MAP_FAILED ||
	    raw(SYS_madvise, memory, 4096, MADV_MERGEABLE) == -1)
		return errno;
	return 0;
}

/* Row 1: more of the object that one's own result is in.  Whether it is
 * another's is for the argument to say, which that one's result has. */
static int
grow_result(const struct loot *loot)
{
	size_t size = 64UL * 4096, length = strlen(loot->argument);
	char *memory;

	if (loot->shared == NULL)
		return ENOENT;
	memory = (char *)raw(
	    SYS_mremap, loot->shared, 4096, size, MREMAP_MAYMOVE, NULL);
	if (memory == MAP_FAILED)
		return errno;
	return memmem(memory + 4096, size - 4096, loot->argument, length) ==
	               NULL
	           ? ENODATA
	           : 0;
}

/* The result is behind a word of the listener's, where it is aligned. */
static struct session_result *
own_result(const struct loot *loot)
{
	return (void *)((char *)loot->shared + _Alignof(struct session_result));
}

/* Row 8: numbers that the clock and the connection cannot have had, and the
 * name of a client who was not asked for it. */
static int
forge_result(const struct loot *loot)
{
	struct session_result *r = own_result(loot);

	r->end = SESSION_QUIT;
	r->upgraded = 1;
	r->pings_clear = UINT64_MAX;
	r->octets_in = UINT64_MAX;
	r->handshake_ns = -1;
	strcpy(r->client, "\033[2Jforged line");
	raw(SYS_exit_group, 0);
	return 0;
}

/* Row 8: words that look like other parts of the line in the log. */
static int
forge_words(const struct loot *loot)
{
	struct session_result *r = own_result(loot);

	r->end = SESSION_QUIT;
	strcpy(r->why, "x); pings: 9 in the clear; client: CN=admin");
	raw(SYS_exit_group, 0);
	return 0;
}

/* Row 8: a good end, and then another. */
static int
crash(const struct loot *loot)
{
	own_result(loot)->end = SESSION_QUIT;
	__builtin_trap();
}

/* What is looked for, each octet disguised, so that to look for it does not put
 * it where it is looked for. */
struct needle {
	uint8_t octets[64];
	size_t size;
};

/* An address as the kernel has it, from its text. */
static struct needle
address_of(const char *text)
{
	struct needle address = {.size = 4};
	char *end = NULL;

	for (size_t i = 0; i < address.size; i++, text = end + 1)
		address.octets[i] =
		    (uint8_t)(strtoul(text, &end, 10) ^ DISGUISE);
	return address;
}

/* A text, from the same backwards: the client's words are in memory, too. */
static struct needle
text_of(const char *backwards)
{
	struct needle text = {.size = strlen(backwards)};

	for (size_t i = 0; i < text.size; i++)
		text.octets[i] =
		    (uint8_t)backwards[text.size - 1 - i] ^ DISGUISE;
	return text;
}

static bool
has(const struct span *span, const struct needle *needle)
{
	const uint8_t *memory = (const uint8_t *)span->start;

	for (size_t i = 0; i + needle->size <= span->size; i++) {
		size_t same = 0;

		while (same < needle->size &&
		       (memory[i + same] ^ DISGUISE) == needle->octets[same])
			same++;
		if (same == needle->size)
			return true;
	}
	return false;
}

/* Row 10: the address of another client in one's own memory. */
static int
read_memory(const struct loot *loot)
{
	struct needle address = address_of(loot->argument);

	for (size_t i = 0; i < loot->span_count; i++)
		if (has(&loot->spans[i], &address))
			return 0;
	return ENODATA;
}

/* Row 10: the same as text, as log lines have it. */
static int
read_text(const struct loot *loot)
{
	struct needle text = text_of(loot->argument);

	for (size_t i = 0; i < loot->span_count; i++)
		if (has(&loot->spans[i], &text))
			return 0;
	return ENODATA;
}

const struct attempt attempts_on_memory[] = {
    {"private", private},
    {"shared", shared},
    {"stacks", stacks},
    {"turned", turned},
    {"heap", heap},
    {"code", code},
    {"code_later", code_later},
    {"merge", merge},
    {"grow_result", grow_result},
    {"read_memory", read_memory},
    {"read_text", read_text},
    {"forge_result", forge_result},
    {"forge_words", forge_words},
    {"crash", crash},
    {NULL, NULL},
};
