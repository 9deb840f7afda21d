/*
 * Whom the acceptor admits, refuses and penalises.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "listener/acceptor_internal.h"
#include "log/log.h"

/* A source may make as many connections at once as in so many seconds: a site
 * that starts, or comes back after an outage. */
#define BURST_SECONDS 4

int
acceptor_set_limits(struct acceptor *a, const struct listener_options *o)
{
	const struct penalty_options *p = &o->penalties;

	a->admission =
	    admission_new(o->max_sessions, o->max_sessions_per_source);
	if (a->admission == NULL)
		return -1;
	admission_set_prefix(a->admission, &o->source_prefix);
	if (o->max_rate_per_source > 0 &&
	    admission_set_rate(a->admission, o->max_rate_per_source,
		o->max_rate_per_source * BURST_SECONDS) == -1)
		return -1;
	if (p->on && admission_set_penalties(
			 a->admission, p->min_ms, p->max_ms, p->exempt) == -1)
		return -1;
	return 0;
}

void
acceptor_refuse(struct acceptor *a, const struct peer *peer, int fd,
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

/* Checks a connection whose source is known against the limits. */
static enum admission_verdict
judge_connection(struct acceptor *a, struct peer *peer)
{
	const struct sockaddr *address = (struct sockaddr *)&peer->address;
	enum admission_verdict verdict =
	    admission_arrive(a->admission, address, peer->began);

	if (verdict != ADMISSION_ADMITTED)
		return verdict;
	peer->source = admission_source(a->admission, address);
	verdict = admission_admit(a->admission, &peer->source);
	if (verdict == ADMISSION_ADMITTED || a->reap == NULL)
		return verdict;
	a->reap(a->reap_object, verdict == ADMISSION_TOO_MANY);
	return admission_admit(a->admission, &peer->source);
}

int
acceptor_admit(struct acceptor *a, struct peer *peer, int fd)
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
	verdict = judge_connection(a, peer);
	if (verdict != ADMISSION_ADMITTED) {
		acceptor_refuse(a, peer, fd, reasons[verdict],
		    rejection_of(reasons[verdict])->why);
		return -1;
	}
	if (log_wants(LOG_DEBUG)) {
		peer_format(peer, who);
		log_line(LOG_DEBUG, "connection from %s", who);
	}
	return fd;
}

void
acceptor_turn_away(
    struct acceptor *a, const struct peer *peer, int fd, int error)
{
	acceptor_refuse(a, peer, fd, REJECT_SHORTAGE, strerror(error));
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
