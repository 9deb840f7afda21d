#include "listener/session_table.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dontfork.h"

struct child {
	pid_t pid;
	size_t result; /* its index in results */
	struct peer peer;
};

/* Unshared, but for the result of a child, which is a page of its own: a
 * session can neither read nor forge what others leave behind. */
struct session_table {
	size_t most, count;
	struct child *table;  /* those that run come first */
	size_t *free_results; /* the indexes not in use: a stack */
	char *results;        /* a page each, shared with its child */
	size_t page;
};

struct session_table *
session_table_new(size_t most)
{
	struct session_table *c = dontfork_new(sizeof(*c));

	if (c == NULL)
		return NULL;
	c->most = most;
	c->page = (size_t)sysconf(_SC_PAGESIZE);
	c->table = dontfork_new(most * sizeof(*c->table));
	c->free_results = dontfork_new(most * sizeof(*c->free_results));
	c->results = dontfork_new_for_children(most * c->page);
	if (c->table == NULL || c->free_results == NULL || c->results == NULL) {
		session_table_free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < most; i++)
		c->free_results[i] = most - 1 - i;
	return c;
}

void
session_table_free(struct session_table *c)
{
	if (c == NULL)
		return;
	dontfork_free(c->results, c->most * c->page);
	dontfork_free(c->free_results, c->most * sizeof(*c->free_results));
	dontfork_free(c->table, c->most * sizeof(*c->table));
	dontfork_free(c, sizeof(*c));
}

static struct session_result *
result_at(const struct session_table *c, size_t index)
{
	return (void *)(c->results + index * c->page);
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
	struct child *child;
	size_t index;
	pid_t pid;

	if (c->count == c->most) {
		errno = EAGAIN;
		return -1;
	}
	index = c->free_results[c->most - c->count - 1];
	*result = result_at(c, index);
	memset(*result, 0, sizeof(**result));
	pid = fork_with(*result, c->page);
	if (pid <= 0)
		return pid;
	child = &c->table[c->count++];
	child->pid = pid;
	child->result = index;
	child->peer = *peer;
	return pid;
}

int
session_table_reap(struct session_table *c, pid_t pid, struct peer *peer,
    struct session_result *result)
{
	for (size_t i = 0; i < c->count; i++) {
		struct child *child = &c->table[i];

		if (child->pid != pid)
			continue;
		*peer = child->peer;
		*result = *result_at(c, child->result);
		session_result_clean(result);
		c->free_results[c->most - c->count] = child->result;
		*child = c->table[--c->count];
		return 0;
	}
	return -1;
}

size_t
session_table_count(const struct session_table *c)
{
	return c->count;
}

void
session_table_signal(const struct session_table *c, int signal)
{
	for (size_t i = 0; i < c->count; i++)
		kill(c->table[i].pid, signal);
}
