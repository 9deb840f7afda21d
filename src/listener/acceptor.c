#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "base/dontfork.h"
#include "listener/acceptor_internal.h"
#include "log/log.h"

/* The maximum number of connections, mostly refused ones, that are handled
 * before the caller gets to do its other work. */
#define BATCH 64

/* Makes epoll(7) watch a listening socket, and report its descriptor. */
static int
watch_socket(struct acceptor *a, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	int one = 1;

	/* Accepted sockets inherit it (tcp(7)); unix sockets do not have it. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int
set_sockets(struct acceptor *a, const struct sockets *sockets)
{
	a->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll == -1)
		return -1;
	for (size_t i = 0; i < sockets->count; i++)
		if (watch_socket(a, sockets->fds[i]) == -1)
			return -1;
	a->listening = sockets->count;
	if (a->options->proxies == NULL)
		return 0;
	a->pending = pending_new(PENDING_MAX, PENDING_MS);
	return a->pending == NULL ? -1
	                          : watch_socket(a, pending_fd(a->pending));
}

struct acceptor *
acceptor_new(const struct listener_options *options,
    const struct sockets *sockets, struct stats *stats)
{
	struct acceptor *a = dontfork_new(sizeof(*a));
	int saved;

	if (a == NULL)
		return NULL;
	a->options = options;
	a->stats = stats;
	a->epoll = -1;
	if (acceptor_set_limits(a, options) == 0 &&
	    set_sockets(a, sockets) == 0)
		return a;
	saved = errno;
	acceptor_free(a);
	errno = saved;
	return NULL;
}

void
acceptor_set_reaper(struct acceptor *a,
    void (*reap)(void *object, bool all_taken), void *object)
{
	a->reap = reap;
	a->reap_object = object;
}

void
acceptor_free(struct acceptor *a)
{
	if (a == NULL)
		return;
	pending_free(a->pending);
	admission_free(a->admission);
	if (a->epoll != -1)
		close(a->epoll);
	dontfork_free(a, sizeof(*a));
}

bool
acceptor_listens(const struct acceptor *a)
{
	return a->listening > 0;
}

int
acceptor_fd(const struct acceptor *a)
{
	return deadline_now() < a->pause ? -1 : a->epoll;
}

deadline
acceptor_deadline(const struct acceptor *a)
{
	return deadline_now() < a->pause ? a->pause
	                                 : pending_deadline(a->pending);
}

/* Makes a connection from a proxy wait for its PROXY header, with a number that
 * no child has to do with. */
static void
let_wait(struct acceptor *a, const struct peer *peer, int fd)
{
	fd = descriptors_move(fd, DESCRIPTORS_HIGH);
	if (pending_add(a->pending, fd, peer) == -1)
		acceptor_refuse(a, peer, fd, REJECT_SHORTAGE,
		    "too many connections of proxies wait for their header");
}

/* Stops watching a socket that listens no more, because another process that
 * shares it called shutdown(2) or an administrator closed it (ss -K): it would
 * be ready for ever. */
static void
drop(struct acceptor *a, int listening)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char where[ADDRESS_TEXT_MAX] = "one of the sockets";

	if (getsockname(listening, (struct sockaddr *)&address, &length) == 0)
		address_format((struct sockaddr *)&address, length, where);
	log_line(LOG_ERR, "%s does not listen any more: shut down by another",
	    where);
	epoll_ctl(a->epoll, EPOLL_CTL_DEL, listening, NULL);
	a->listening--;
}

/* True if an error of accept(2) concerns one connection or the network only. */
static bool
is_passing(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPERM: /* a firewall's */
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
	case ENONET:
		return true;
	default:
		return false;
	}
}

/* Accepts a connection on what is ready.  Returns it if admitted, else -1. */
static int
accept_one(
    struct acceptor *a, const struct epoll_event *ready, struct peer *peer)
{
	int fd;

	*peer = (struct peer){.length = sizeof(peer->address)};
	fd = accept4(ready->data.fd, (struct sockaddr *)&peer->address,
	    &peer->length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd != -1) {
		if (peer->address.ss_family == AF_UNIX)
			descriptors_read_out_of_band(fd);
		a->stats->connections++;
		if (!networks_match(
			a->options->proxies, (struct sockaddr *)&peer->address))
			return acceptor_admit(a, peer, fd);
		let_wait(a, peer, fd);
		return -1;
	}
	/* EINVAL: it was shut down; on a unix socket that is EAGAIN. */
	if (errno == EINVAL ||
	    (errno == EAGAIN && (ready->events & EPOLLHUP) != 0))
		drop(a, ready->data.fd);
	else if (!is_passing(errno)) {
		/* The connection stays in the queue: without a pause, polling
		 * would spin. */
		if (log_limit_allow(&a->shortages, LOG_ERR))
			log_line(LOG_ERR, "cannot accept: %s", strerror(errno));
		a->pause = deadline_in(SHORTAGE_MS);
	}
	return -1;
}

/* Handles connections that are done waiting for their PROXY header.  Returns
 * one that is admitted, or -1. */
static int
take_pending(struct acceptor *a, struct peer *peer)
{
	static const char *const why[] = {
	    [PENDING_MALFORMED] = "what its proxy sent is no PROXY header",
	    [PENDING_TOO_LONG] = "its PROXY header is too long",
	    [PENDING_LATE] = "its proxy sent no PROXY header in time",
	    [PENDING_GONE] = "its proxy closed within the PROXY header",
	};
	enum pending_outcome outcome;
	int fd;

	for (int i = 0; i < BATCH; i++) {
		outcome = pending_next(a->pending, deadline_now(), peer, &fd);
		if (outcome == PENDING_NONE)
			break;
		if (outcome != PENDING_READY)
			acceptor_refuse(
			    a, peer, fd, REJECT_PROXY_HEADER, why[outcome]);
		else if ((fd = acceptor_admit(a, peer, fd)) != -1)
			return descriptors_move(fd, 0);
	}
	return -1;
}

int
acceptor_next(struct acceptor *a, struct peer *peer)
{
	struct epoll_event event;
	int fd = take_pending(a, peer);

	for (int i = 0; i < BATCH && fd == -1 && deadline_now() >= a->pause &&
			epoll_wait(a->epoll, &event, 1, 0) == 1;
	     i++)
		fd = a->pending != NULL &&
		             event.data.fd == pending_fd(a->pending)
		         ? take_pending(a, peer)
		         : accept_one(a, &event, peer);
	return fd;
}
