/*
 * Takes connections in, as far as the limits admit them.
 */
#include "listener/acceptor.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/dontfork.h"
#include "listener/admission.h"
#include "listener/pending.h"
#include "log/log.h"
#include "log/log_limit.h"

/* A pause in which some descriptor, process or memory may come free. */
#define SHORTAGE_MS 100

/* A source may make as many connections at once as in so many seconds: a site
 * that starts, or comes back after an outage. */
#define BURST_SECONDS 4

/* So many connections are looked at in one go, refused ones above all, before
 * the caller sees to its other affairs. */
#define BATCH 64

struct acceptor {
	const struct listener_options *options;
	struct stats *stats;
	struct admission *admission;
	struct pending *pending; /* NULL: there are no proxies */
	/* Apart, so that a flood of one hides no other. */
	struct log_limit rejections, penalties, shortages;
	size_t listening; /* sockets */
	int epoll;        /* the listening sockets, and the pending */
	deadline pause;
	void (*reap)(void *, bool); /* NULL: none */
	void *reap_object;
};

/* Has epoll(7) watch `fd`, and name it. */
static int
watch_socket(struct acceptor *a, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(a->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int
set_limits(struct acceptor *a, const struct listener_options *o)
{
	const struct penalty_options *p = &o->penalties;

	a->admission =
	    admission_new(o->max_sessions, o->max_sessions_per_source);
	if (a->admission == NULL)
		return -1;
	if (o->max_rate_per_source > 0 &&
	    admission_set_rate(a->admission, o->max_rate_per_source,
		o->max_rate_per_source * BURST_SECONDS) == -1)
		return -1;
	if (p->on && admission_set_penalties(
			 a->admission, p->min_ms, p->max_ms, p->exempt) == -1)
		return -1;
	return 0;
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
	if (set_limits(a, options) == 0 && set_sockets(a, sockets) == 0)
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

/* Refuses and closes a connection, and logs the reason `why`. */
static void
refuse_why(struct acceptor *a, const struct peer *peer, int fd,
    enum reject_reason reason, const char *why)
{
	const char *reply = rejection_of(reason)->reply;
	char who[ADDRESS_TEXT_MAX], dropped[512];

	a->stats->refused[reason]++;
	if (log_limit_allow(
		reason == REJECT_SHORTAGE ? &a->shortages : &a->rejections,
		LOG_NOTICE)) {
		peer_format(peer, who);
		log_line(LOG_NOTICE, "refused %s: %s", who, why);
	}
	if (reply != NULL) {
		(void)send(
		    fd, reply, strlen(reply), MSG_DONTWAIT | MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		/* Unread input would make close(2) reset the connection, and
		 * the client could miss the reply (RFC 1122, 4.2.2.13). */
		(void)recv(fd, dropped, sizeof(dropped), MSG_DONTWAIT);
	}
	close(fd);
}

static void
refuse_for(struct acceptor *a, const struct peer *peer, int fd,
    enum reject_reason reason)
{
	refuse_why(a, peer, fd, reason, rejection_of(reason)->why);
}

/* Checks a connection whose source is known against the limits. */
static enum admission_verdict
judge(struct acceptor *a, struct peer *peer)
{
	const struct sockaddr *address = (struct sockaddr *)&peer->address;
	enum admission_verdict verdict =
	    admission_arrive(a->admission, address, peer->began);

	if (verdict != ADMISSION_ADMITTED)
		return verdict;
	peer->source = source_of(address);
	verdict = admission_admit(a->admission, &peer->source);
	if (verdict == ADMISSION_ADMITTED || a->reap == NULL)
		return verdict;
	a->reap(a->reap_object, verdict == ADMISSION_TOO_MANY);
	return admission_admit(a->admission, &peer->source);
}

/* Admits or refuses a connection.  Returns `fd`, or -1 if refused. */
static int
admit(struct acceptor *a, struct peer *peer, int fd)
{
	static const enum reject_reason reasons[] = {
	    [ADMISSION_TOO_MANY] = REJECT_SESSIONS,
	    [ADMISSION_TOO_MANY_FROM_SOURCE] = REJECT_SOURCE_SESSIONS,
	    [ADMISSION_TOO_FAST] = REJECT_SOURCE_RATE,
	    [ADMISSION_PENALISED] = REJECT_PENALTY,
	};
	enum admission_verdict verdict;
	char who[ADDRESS_TEXT_MAX];

	peer->began = deadline_now();
	verdict = judge(a, peer);
	if (verdict != ADMISSION_ADMITTED) {
		refuse_for(a, peer, fd, reasons[verdict]);
		return -1;
	}
	if (log_wants(LOG_DEBUG)) {
		peer_format(peer, who);
		log_line(LOG_DEBUG, "connection from %s", who);
	}
	return fd;
}

/* Makes a connection from a proxy wait for its PROXY header. */
static void
let_wait(struct acceptor *a, const struct peer *peer, int fd)
{
	if (pending_add(a->pending, fd, peer) == -1)
		refuse_why(a, peer, fd, REJECT_SHORTAGE,
		    "too many connections of proxies wait for their header");
}

/* A socket listens no more: another process that has it called shutdown(2), or
 * an administrator ended it (ss -K).  It would be ready for ever. */
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

/* Whether an error of accept(2) is the connection's own, or the network's. */
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
		a->stats->connections++;
		if (!networks_match(
			a->options->proxies, (struct sockaddr *)&peer->address))
			return admit(a, peer, fd);
		let_wait(a, peer, fd);
		return -1;
	}
	/* That of a unix socket says EAGAIN. */
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
			refuse_why(
			    a, peer, fd, REJECT_PROXY_HEADER, why[outcome]);
		else if ((fd = admit(a, peer, fd)) != -1)
			return fd;
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

void
acceptor_turn_away(
    struct acceptor *a, const struct peer *peer, int fd, int error)
{
	refuse_why(a, peer, fd, REJECT_SHORTAGE, strerror(error));
	admission_release(a->admission, &peer->source);
	a->pause = deadline_in(SHORTAGE_MS);
}

/* Penalises the peer's source for what `why` says. */
static void
penalise(
    struct acceptor *a, const struct peer *peer, int64_t ms, const char *why)
{
	const struct sockaddr *address = (const void *)&peer->address;
	int64_t refused_ms =
	    admission_penalise(a->admission, address, ms, deadline_now());
	char who[ADDRESS_TEXT_MAX];

	if (refused_ms == 0 || !log_limit_allow(&a->penalties, LOG_NOTICE))
		return;
	peer_format_host(peer, who);
	log_line(LOG_NOTICE, "refusing %s for the next %.0f s: %s", who,
	    (double)refused_ms / 1e3, why);
}

void
acceptor_gave_way(struct acceptor *a, const struct peer *peer)
{
	admission_release(a->admission, &peer->source);
}

void
acceptor_ended(struct acceptor *a, const struct peer *peer,
    const struct session_result *result)
{
	const struct penalty_options *p = &a->options->penalties;

	admission_release(a->admission, &peer->source);
	if (!p->on)
		return;
	if (result->end == SESSION_HANDSHAKE_FAILED && result->blameless == 0)
		penalise(
		    a, peer, p->handshake_ms, "its handshakes keep failing");
	else if (result->end == SESSION_CRASHED)
		penalise(a, peer, p->crash_ms, "a session of it crashed");
}
