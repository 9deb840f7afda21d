#include "listener/pending.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/dontfork.h"
#include "listener/proxy_reader.h"

struct pending_connection {
	int fd;
	struct peer peer;
	deadline until;
	struct proxy_reader reader;
	TAILQ_ENTRY(pending_connection) link;
};

struct pending {
	struct dontfork_pool *connections;
	size_t most, count;
	int64_t ms;
	int epoll;
	TAILQ_HEAD(, pending_connection)
	waiting; /* in order of their deadlines */
};

struct pending *
pending_new(size_t most, int64_t ms)
{
	struct pending *a = dontfork_new(sizeof(*a));

	if (a == NULL)
		return NULL;
	a->connections =
	    dontfork_pool_new(sizeof(struct pending_connection), most);
	a->most = most;
	a->ms = ms;
	TAILQ_INIT(&a->waiting);
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->connections != NULL && a->epoll != -1)
		return a;
	pending_free(a);
	return NULL;
}

void
pending_free(struct pending *a)
{
	struct pending_connection *connection;

	if (a == NULL)
		return;
	while ((connection = TAILQ_FIRST(&a->waiting)) != NULL) {
		TAILQ_REMOVE(&a->waiting, connection, link);
		close(connection->fd);
		dontfork_pool_give(a->connections, connection);
	}
	if (a->epoll != -1)
		close(a->epoll);
	dontfork_pool_free(a->connections);
	dontfork_free(a, sizeof(*a));
}

int
pending_add(struct pending *a, int fd, const struct peer *peer)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct pending_connection *connection;

	if (a == NULL || a->count == a->most) {
		errno = ENOBUFS;
		return -1;
	}
	connection = dontfork_pool_take(a->connections);
	if (connection == NULL)
		return -1;
	descriptors_read_out_of_band(fd);
	connection->fd = fd;
	connection->peer = *peer;
	connection->until = deadline_in(a->ms);
	event.data.ptr = connection;
	if (epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		dontfork_pool_give(a->connections, connection);
		return -1;
	}
	TAILQ_INSERT_TAIL(&a->waiting, connection, link);
	a->count++;
	return 0;
}

int
pending_fd(const struct pending *a)
{
	return a == NULL ? -1 : a->epoll;
}

deadline
pending_deadline(const struct pending *a)
{
	return a == NULL || TAILQ_EMPTY(&a->waiting)
	           ? DEADLINE_NEVER
	           : TAILQ_FIRST(&a->waiting)->until;
}

/* Removes `connection` and hands it to the caller. */
static enum pending_outcome
take_connection(struct pending *a, struct pending_connection *connection,
    struct peer *peer, int *fd, enum pending_outcome outcome)
{
	const struct proxy_header *h = &connection->reader.header;

	*fd = connection->fd;
	*peer = connection->peer;
	if (outcome == PENDING_READY && h->relayed) {
		peer->address = h->source;
		peer->length = h->source_length;
	}
	/* Closing is not enough: a child that was just forked may still have
	 * the descriptor open. */
	epoll_ctl(a->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	TAILQ_REMOVE(&a->waiting, connection, link);
	a->count--;
	dontfork_pool_give(a->connections, connection);
	return outcome;
}

enum pending_outcome
pending_next(struct pending *a, int64_t now, struct peer *peer, int *fd)
{
	struct epoll_event event;
	struct pending_connection *connection;

	if (a == NULL)
		return PENDING_NONE;
	/* Each of them once: a descriptor that is always readable gains
	 * nothing. */
	for (size_t i = 0;
	     i < a->count && epoll_wait(a->epoll, &event, 1, 0) == 1; i++) {
		connection = event.data.ptr;
		switch (proxy_receive(&connection->reader, connection->fd)) {
		case PROXY_COMPLETE:
			return take_connection(
			    a, connection, peer, fd, PENDING_READY);
		case PROXY_MALFORMED:
			return take_connection(a, connection, peer, fd,
			    connection->reader.header.too_long
				? PENDING_TOO_LONG
				: PENDING_MALFORMED);
		case PROXY_CLOSED:
		case PROXY_FAILED:
			return take_connection(
			    a, connection, peer, fd, PENDING_GONE);
		case PROXY_INCOMPLETE:
			break;
		}
	}
	connection = TAILQ_FIRST(&a->waiting);
	if (connection != NULL && connection->until <= now)
		return take_connection(a, connection, peer, fd, PENDING_LATE);
	return PENDING_NONE;
}

size_t
pending_count(const struct pending *a)
{
	return a == NULL ? 0 : a->count;
}
