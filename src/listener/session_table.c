#include "listener/session_table.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dontfork.h"

#define NONE SIZE_MAX

/* A session process, or a slot for one.  Others are named by their slots. */
struct slot {
	pid_t pid;
	struct peer peer;
	deadline end;
	size_t next;         /* in the same bucket, or the next free slot */
	size_t older, newer; /* in order of age */
};

/* None of it is in the memory of a child, but for its result, which is a page
 * of its own: a session can neither read nor forge what others leave behind. */
struct session_table {
	size_t most, count;
	int64_t most_ms;
	struct slot *slots;
	size_t free; /* the first slot that is */
	size_t *buckets;
	size_t bucket_count; /* a power of 2 */
	size_t oldest, newest;
	size_t next_to_kill; /* the oldest that was not killed as overdue */
	char *results;       /* a page for each slot, shared with its child */
	size_t page;
};

static size_t
power_of_two(size_t least)
{
	size_t n = 1;

	while (n < least)
		n *= 2;
	return n;
}

struct session_table *
session_table_new(size_t most, int64_t most_ms)
{
	struct session_table *c = dontfork_new(sizeof(*c));

	if (c == NULL)
		return NULL;
	c->most = most;
	c->most_ms = most_ms;
	c->page = (size_t)sysconf(_SC_PAGESIZE);
	c->bucket_count = power_of_two(most);
	c->slots = dontfork_new(most * sizeof(*c->slots));
	c->buckets = dontfork_new(c->bucket_count * sizeof(*c->buckets));
	c->results = dontfork_new_for_children(most * c->page);
	if (c->slots == NULL || c->buckets == NULL || c->results == NULL) {
		session_table_free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < most; i++)
		c->slots[i].next = i + 1 < most ? i + 1 : NONE;
	for (size_t i = 0; i < c->bucket_count; i++)
		c->buckets[i] = NONE;
	c->oldest = c->newest = c->next_to_kill = NONE;
	return c;
}

void
session_table_free(struct session_table *c)
{
	if (c == NULL)
		return;
	dontfork_free(c->results, c->most * c->page);
	dontfork_free(c->buckets, c->bucket_count * sizeof(*c->buckets));
	dontfork_free(c->slots, c->most * sizeof(*c->slots));
	dontfork_free(c, sizeof(*c));
}

static struct session_result *
result_of(const struct session_table *c, size_t slot)
{
	return (void *)(c->results + slot * c->page);
}

/* Where the slot of `pid` is named, or NONE is if there is none. */
static size_t *
find(struct session_table *c, pid_t pid)
{
	size_t *at = &c->buckets[(size_t)pid & (c->bucket_count - 1)];

	while (*at != NONE && c->slots[*at].pid != pid)
		at = &c->slots[*at].next;
	return at;
}

/* Takes the first free slot for `pid`, which is the newest now. */
static void
add(struct session_table *c, pid_t pid, const struct peer *peer)
{
	size_t index = c->free, *bucket;
	struct slot *s = &c->slots[index];

	c->free = s->next;
	s->pid = pid;
	s->peer = *peer;
	s->end = deadline_in(c->most_ms);
	bucket = find(c, pid);
	s->next = *bucket;
	*bucket = index;
	s->older = c->newest;
	s->newer = NONE;
	if (c->newest == NONE)
		c->oldest = index;
	else
		c->slots[c->newest].newer = index;
	c->newest = index;
	if (c->next_to_kill == NONE)
		c->next_to_kill = index;
	c->count++;
}

/* Frees the slot that is named at `at`. */
static void
discard(struct session_table *c, size_t *at)
{
	size_t index = *at;
	struct slot *s = &c->slots[index];

	*at = s->next;
	if (c->next_to_kill == index)
		c->next_to_kill = s->newer;
	if (s->older == NONE)
		c->oldest = s->newer;
	else
		c->slots[s->older].newer = s->newer;
	if (s->newer == NONE)
		c->newest = s->older;
	else
		c->slots[s->newer].older = s->older;
	s->next = c->free;
	c->free = index;
	c->count--;
}

/* fork(2), which passes this one result on. */
static pid_t
fork_with(struct session_result *result, size_t page)
{
	pid_t pid;
	int saved;

	if (madvise(result, page, MADV_DOFORK) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		return 0;
	saved = errno;
	madvise(result, page, MADV_DONTFORK);
	errno = saved;
	return pid;
}

pid_t
session_table_fork(struct session_table *c, const struct peer *peer,
    struct session_result **result)
{
	pid_t pid;

	if (c->free == NONE) {
		errno = EAGAIN;
		return -1;
	}
	*result = result_of(c, c->free);
	memset(*result, 0, sizeof(**result));
	pid = fork_with(*result, c->page);
	if (pid > 0)
		add(c, pid, peer);
	return pid;
}

int
session_table_reap(struct session_table *c, pid_t pid, struct peer *peer,
    struct session_result *result)
{
	size_t *at = find(c, pid);

	if (*at == NONE)
		return -1;
	*peer = c->slots[*at].peer;
	*result = *result_of(c, *at);
	session_result_clean(result);
	discard(c, at);
	return 0;
}

size_t
session_table_count(const struct session_table *c)
{
	return c->count;
}

void
session_table_signal(const struct session_table *c, int signal)
{
	for (size_t i = c->oldest; i != NONE; i = c->slots[i].newer)
		kill(c->slots[i].pid, signal);
}

deadline
session_table_next_end(const struct session_table *c)
{
	return c->next_to_kill == NONE ? DEADLINE_NEVER
	                               : c->slots[c->next_to_kill].end;
}

bool
session_table_kill_overdue(
    struct session_table *c, int64_t now, struct peer *peer)
{
	const struct slot *s;

	if (now < session_table_next_end(c))
		return false;
	s = &c->slots[c->next_to_kill];
	c->next_to_kill = s->newer;
	kill(s->pid, SIGKILL);
	*peer = s->peer;
	return true;
}
