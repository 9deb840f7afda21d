/*
 * Connections from trusted proxies that wait, each for its header.
 */
#include "listener/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#include "listener/proxy_reader.h"

struct arrival {
	int fd;
	struct peer peer;
	deadline until;
	struct proxy_reader reader;
	TAILQ_ENTRY(arrival) link;
};

struct arrivals {
	size_t most, count;
	int64_t ms;
	int epoll;
	TAILQ_HEAD(, arrival)
	waiting; /* the first to come is first: all wait
	            equally long */
};

struct arrivals *
arrivals_new(size_t most, int64_t ms)
{
	struct arrivals *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->most = most;
	a->ms = ms;
	TAILQ_INIT(&a->waiting);
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll == -1) {
		free(a);
		return NULL;
	}
	return a;
}

void
arrivals_free(struct arrivals *a)
{
	struct arrival *arrival;

	if (a == NULL)
		return;
	while ((arrival = TAILQ_FIRST(&a->waiting)) != NULL) {
		TAILQ_REMOVE(&a->waiting, arrival, link);
		close(arrival->fd);
		free(arrival);
	}
	close(a->epoll);
	free(a);
}

int
arrivals_add(struct arrivals *a, int fd, const struct peer *peer)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct arrival *arrival;

	if (a == NULL || a->count == a->most) {
		errno = ENOBUFS;
		return -1;
	}
	arrival = calloc(1, sizeof(*arrival));
	if (arrival == NULL)
		return -1;
	arrival->fd = fd;
	arrival->peer = *peer;
	arrival->until = deadline_in(a->ms);
	event.data.ptr = arrival;
	if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		free(arrival);
		return -1;
	}
	TAILQ_INSERT_TAIL(&a->waiting, arrival, link);
	a->count++;
	return 0;
}

int
arrivals_fd(const struct arrivals *a)
{
	return a == NULL ? -1 : a->epoll;
}

deadline
arrivals_deadline(const struct arrivals *a)
{
	return a == NULL || TAILQ_EMPTY(&a->waiting)
	           ? DEADLINE_NEVER
	           : TAILQ_FIRST(&a->waiting)->until;
}

/* Hands out what `arrival` was, and forgets it. */
static enum arrivals_outcome
take(struct arrivals *a, struct arrival *arrival, struct peer *peer, int *fd,
    enum arrivals_outcome outcome)
{
	const struct proxy_header *h = &arrival->reader.header;

	*fd = arrival->fd;
	*peer = arrival->peer;
	if (outcome == ARRIVALS_READY && h->relayed) {
		peer->address = h->source;
		peer->length = h->source_length;
	}
	/* The close would not do it: a child just forked may still hold the
	 * connection open. */
	epoll_ctl(a->epoll, EPOLL_CTL_DEL, arrival->fd, NULL);
	TAILQ_REMOVE(&a->waiting, arrival, link);
	a->count--;
	free(arrival);
	return outcome;
}

enum arrivals_outcome
arrivals_next(struct arrivals *a, int64_t now, struct peer *peer, int *fd)
{
	struct epoll_event event;
	struct arrival *arrival;

	if (a == NULL)
		return ARRIVALS_NONE;
	while (epoll_wait(a->epoll, &event, 1, 0) == 1) {
		arrival = event.data.ptr;
		switch (proxy_receive(&arrival->reader, arrival->fd)) {
		case PROXY_COMPLETE:
			return take(a, arrival, peer, fd, ARRIVALS_READY);
		case PROXY_MALFORMED:
			return take(a, arrival, peer, fd, ARRIVALS_MALFORMED);
		case PROXY_CLOSED:
		case PROXY_FAILED:
			return take(a, arrival, peer, fd, ARRIVALS_GONE);
		case PROXY_INCOMPLETE:
			break;
		}
	}
	arrival = TAILQ_FIRST(&a->waiting);
	if (arrival != NULL && arrival->until <= now)
		return take(a, arrival, peer, fd, ARRIVALS_LATE);
	return ARRIVALS_NONE;
}

size_t
arrivals_count(const struct arrivals *a)
{
	return a == NULL ? 0 : a->count;
}
