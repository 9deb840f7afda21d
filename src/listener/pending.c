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
	struct pending *p = dontfork_new(sizeof(*p));

	if (p == NULL)
		return NULL;
	p->connections =
	    dontfork_pool_new(sizeof(struct pending_connection), most);
	p->most = most;
	p->ms = ms;
	TAILQ_INIT(&p->waiting);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->connections != NULL && p->epoll != -1)
		return p;
	pending_free(p);
	return NULL;
}

void
pending_free(struct pending *p)
{
	struct pending_connection *connection;

	if (p == NULL)
		return;
	while ((connection = TAILQ_FIRST(&p->waiting)) != NULL) {
		TAILQ_REMOVE(&p->waiting, connection, link);
		close(connection->fd);
		dontfork_pool_give(p->connections, connection);
	}
	if (p->epoll != -1)
		close(p->epoll);
	dontfork_pool_free(p->connections);
	dontfork_free(p, sizeof(*p));
}

int
pending_add(struct pending *p, int fd, const struct peer *peer)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct pending_connection *connection;

	if (p == NULL || p->count == p->most) {
		errno = ENOBUFS;
		return -1;
	}
	connection = dontfork_pool_take(p->connections);
	if (connection == NULL)
		return -1;
	descriptors_read_out_of_band(fd);
	connection->fd = fd;
	connection->peer = *peer;
	connection->until = deadline_in(p->ms);
	event.data.ptr = connection;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		dontfork_pool_give(p->connections, connection);
		return -1;
	}
	TAILQ_INSERT_TAIL(&p->waiting, connection, link);
	p->count++;
	return 0;
}

int
pending_fd(const struct pending *p)
{
	return p == NULL ? -1 : p->epoll;
}

deadline
pending_deadline(const struct pending *p)
{
	return p == NULL || TAILQ_EMPTY(&p->waiting)
	           ? DEADLINE_NEVER
	           : TAILQ_FIRST(&p->waiting)->until;
}

/* Removes `connection` and hands it to the caller. */
static enum pending_outcome
take_connection(struct pending *p, struct pending_connection *connection,
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
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	TAILQ_REMOVE(&p->waiting, connection, link);
	p->count--;
	dontfork_pool_give(p->connections, connection);
	return outcome;
}

enum pending_outcome
pending_next(struct pending *p, int64_t now, struct peer *peer, int *fd)
{
	struct epoll_event event;
	struct pending_connection *connection;

	if (p == NULL)
		return PENDING_NONE;
	/* Each of them once: a descriptor that is always readable gains
	 * nothing. */
	for (size_t i = 0;
	     i < p->count && epoll_wait(p->epoll, &event, 1, 0) == 1; i++) {
		connection = event.data.ptr;
		switch (proxy_receive(&connection->reader, connection->fd)) {
		case PROXY_COMPLETE:
			return take_connection(
			    p, connection, peer, fd, PENDING_READY);
		case PROXY_MALFORMED:
			return take_connection(p, connection, peer, fd,
			    connection->reader.header.too_long
				? PENDING_TOO_LONG
				: PENDING_MALFORMED);
		case PROXY_CLOSED:
		case PROXY_FAILED:
			return take_connection(
			    p, connection, peer, fd, PENDING_GONE);
		case PROXY_INCOMPLETE:
			break;
		}
	}
	connection = TAILQ_FIRST(&p->waiting);
	if (connection != NULL && connection->until <= now)
		return take_connection(p, connection, peer, fd, PENDING_LATE);
	return PENDING_NONE;
}

size_t
pending_count(const struct pending *p)
{
	return p == NULL ? 0 : p->count;
}
