/*
 * The session processes of a listener.
 */
#include "children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct child {
	pid_t pid;
	size_t result; /* its index in results */
	struct peer peer;
};

struct children {
	size_t most, count;
	struct child *table;            /* those that run come first */
	size_t *free_results;           /* the indexes not in use: a stack */
	struct session_result *results; /* shared with the processes */
};

struct children *
children_new(size_t most)
{
	struct children *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->most = most;
	c->table = calloc(most, sizeof(*c->table));
	c->free_results = calloc(most, sizeof(*c->free_results));
	c->results = mmap(NULL, most * sizeof(*c->results),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->results == MAP_FAILED)
		c->results = NULL;
	if (c->table == NULL || c->free_results == NULL || c->results == NULL) {
		children_free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < most; i++)
		c->free_results[i] = most - 1 - i;
	return c;
}

void
children_free(struct children *c)
{
	if (c == NULL)
		return;
	if (c->results != NULL)
		munmap(c->results, c->most * sizeof(*c->results));
	free(c->free_results);
	free(c->table);
	free(c);
}

pid_t
children_fork(
    struct children *c, const struct peer *peer, struct session_result **result)
{
	struct child *child;
	size_t index;
	pid_t pid;

	if (c->count == c->most) {
		errno = EAGAIN;
		return -1;
	}
	index = c->free_results[c->most - c->count - 1];
	memset(&c->results[index], 0, sizeof(c->results[index]));
	pid = fork();
	if (pid == -1)
		return -1;
	if (pid == 0) {
		*result = &c->results[index];
		return 0;
	}
	child = &c->table[c->count++];
	child->pid = pid;
	child->result = index;
	child->peer = *peer;
	return pid;
}

int
children_reap(struct children *c, pid_t pid, struct peer *peer,
    struct session_result *result)
{
	for (size_t i = 0; i < c->count; i++) {
		struct child *child = &c->table[i];

		if (child->pid != pid)
			continue;
		*peer = child->peer;
		*result = c->results[child->result];
		session_result_clean(result);
		c->free_results[c->most - c->count] = child->result;
		*child = c->table[--c->count];
		return 0;
	}
	return -1;
}

size_t
children_count(const struct children *c)
{
	return c->count;
}

void
children_signal(const struct children *c, int signal)
{
	for (size_t i = 0; i < c->count; i++)
		kill(c->table[i].pid, signal);
}
