#include "listener/session_table.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dontfork.h"
#include "listener/session_fork.h"
#include "listener/shared_result.h"

#define NONE SIZE_MAX

/* To look for the one idle longest takes time in proportion to the sessions
 * that are looked at: so many of the oldest in the clear, which takes half a
 * millisecond. */
#define EVICT_LOOKS 1024

/* A slot of the table.  Slots refer to each other by index. */
struct slot {
	pid_t pid;
	struct peer peer;
	deadline end;
	int result;                 /* shared_result_new() */
	int fds[SESSION_TABLE_FDS]; /* the child's, not closed here yet */
	bool evicted;
	bool over_tls;       /* as far as was looked */
	size_t next;         /* in the same bucket, or the next free slot */
	size_t older, newer; /* in order of age */
};

/* In memory that children do not inherit, so that a session can neither read
 * nor forge the results of others. */
struct session_table {
	size_t most, count;
	int64_t most_ms;
	struct slot *slots;
	size_t free; /* the first slot that is */
	size_t *buckets;
	size_t bucket_count; /* a power of 2 */
	size_t oldest, newest;
	size_t next_to_kill; /* the oldest that was not killed as overdue */
	size_t unsettled;    /* slots with descriptors, among the newest */
	int kept;            /* by each child */
	bool share;          /* descriptors, at first */
};

static size_t
power_of_two(size_t least)
{
	size_t n = 1;

	while (n < least)
		n *= 2;
	return n;
}

/* The place that refers to the slot of `pid`, or to NONE. */
static size_t *
find_session(struct session_table *c, pid_t pid)
{
	size_t *at = &c->buckets[(size_t)pid & (c->bucket_count - 1)];

	while (*at != NONE && c->slots[*at].pid != pid)
		at = &c->slots[*at].next;
	return at;
}

/* Assigns the first free slot to `pid`, as the newest. */
static void
add_session(struct session_table *c, pid_t pid, const struct peer *peer,
    int result, const int *fds)
{
	size_t index = c->free, *bucket;
	struct slot *s = &c->slots[index];

	c->free = s->next;
	s->pid = pid;
	s->peer = *peer;
	s->end = deadline_in(c->most_ms);
	s->result = result;
	memcpy(s->fds, fds, sizeof(s->fds));
	s->evicted = s->over_tls = false;
	bucket = find_session(c, pid);
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
	c->unsettled++;
	c->count++;
}

static bool
is_settled(const struct slot *s)
{
	return s->fds[0] == -1 && s->fds[1] == -1;
}

/* Closes the parent's copies of the child's descriptors. */
static void
settle_session(struct session_table *c, struct slot *s)
{
	if (is_settled(s))
		return;
	for (int i = 0; i < SESSION_TABLE_FDS; i++) {
		if (s->fds[i] != -1)
			close(s->fds[i]);
		s->fds[i] = -1;
	}
	c->unsettled--;
}

/* Frees the slot that `at` refers to. */
static void
discard(struct session_table *c, size_t *at)
{
	size_t index = *at;
	struct slot *s = &c->slots[index];

	*at = s->next;
	settle_session(c, s);
	close(s->result);
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

struct session_table *
session_table_new(size_t most, int64_t most_ms, int shared)
{
	struct session_table *c = dontfork_new(sizeof(*c));

	if (c == NULL)
		return NULL;
	c->most = most;
	c->most_ms = most_ms;
	c->kept = shared;
	c->share = session_fork_can_share();
	c->bucket_count = power_of_two(most);
	c->slots = dontfork_new(most * sizeof(*c->slots));
	c->buckets = dontfork_new(c->bucket_count * sizeof(*c->buckets));
	c->oldest = c->newest = c->next_to_kill = NONE;
	if (c->slots == NULL || c->buckets == NULL) {
		session_table_free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < most; i++)
		c->slots[i].next = i + 1 < most ? i + 1 : NONE;
	for (size_t i = 0; i < c->bucket_count; i++)
		c->buckets[i] = NONE;
	return c;
}

void
session_table_free(struct session_table *c)
{
	if (c == NULL)
		return;
	while (c->newest != NONE)
		discard(c, find_session(c, c->slots[c->newest].pid));
	dontfork_free(c->buckets, c->bucket_count * sizeof(*c->buckets));
	dontfork_free(c->slots, c->most * sizeof(*c->slots));
	dontfork_free(c, sizeof(*c));
}

/* In the child, which does not have the table of sessions: maps its result, and
 * takes leave of the listener's descriptors, of which it may have closed none
 * before. */
static struct session_result *
become_child(int result, bool shares, int highest)
{
	struct shared_result *shared = shared_result_map(result);

	if (shared == NULL || session_fork_leave(shares, highest) == -1)
		_exit(EXIT_FAILURE);
	shared->left = 1;
	return &shared->result;
}

pid_t
session_table_fork(struct session_table *c, const struct peer *peer,
    const int fds[SESSION_TABLE_FDS], struct session_result **result)
{
	int memory, highest = c->kept;
	bool share = c->share;
	pid_t pid;

	if (c->free == NONE) {
		errno = EAGAIN;
		return -1;
	}
	for (int i = 0; i < SESSION_TABLE_FDS; i++)
		if (fds[i] > highest)
			highest = fds[i];
	memory = shared_result_new();
	if (memory == -1)
		return -1;
	pid = session_fork(&share);
	if (pid == 0) {
		*result = become_child(memory, share, highest);
		return 0;
	}
	c->share = share;
	if (pid > 0)
		add_session(c, pid, peer, memory, fds);
	else
		close(memory);
	return pid;
}

bool
session_table_settle(struct session_table *c)
{
	size_t to_see = c->unsettled;

	for (size_t i = c->newest; to_see > 0 && i != NONE;
	     i = c->slots[i].older) {
		struct slot *s = &c->slots[i];

		if (is_settled(s))
			continue;
		to_see--;
		if (shared_result_left(s->result))
			settle_session(c, s);
	}
	return c->unsettled == 0;
}

int
session_table_reap(struct session_table *c, pid_t pid, struct peer *peer,
    struct session_result *result)
{
	size_t *at = find_session(c, pid);
	bool evicted;

	if (*at == NONE)
		return -1;
	*peer = c->slots[*at].peer;
	memset(result, 0, sizeof(*result));
	if (!shared_result_read(c->slots[*at].result, result))
		result->end = SESSION_CRASHED;
	session_result_clean(result);
	evicted = c->slots[*at].evicted;
	discard(c, at);
	return evicted ? 1 : 0;
}

/* Since when a session has been idle in the clear; DEADLINE_NEVER: it is over
 * TLS, where it stays, or on its way out. */
static int64_t
idle_since(struct slot *s)
{
	struct session_result result;

	if (s->evicted || s->over_tls ||
	    !shared_result_read(s->result, &result))
		return DEADLINE_NEVER;
	s->over_tls = result.upgraded != 0;
	if (s->over_tls)
		return DEADLINE_NEVER;
	return result.idle_since == 0 ? s->peer.began : result.idle_since;
}

int
session_table_evict(struct session_table *c, struct peer *peer)
{
	int64_t since, earliest = DEADLINE_NEVER;
	size_t idlest = NONE, looks = EVICT_LOOKS;

	for (size_t i = c->oldest; i != NONE && looks > 0;
	     i = c->slots[i].newer) {
		since = idle_since(&c->slots[i]);
		looks -= since != DEADLINE_NEVER;
		if (since < earliest) {
			earliest = since;
			idlest = i;
		}
	}
	if (idlest == NONE)
		return -1;
	kill(c->slots[idlest].pid, SIGKILL);
	c->slots[idlest].evicted = true;
	*peer = c->slots[idlest].peer;
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
