/*
 * What the files of the listener share.
 */
#ifndef PINGTLS_LISTENER_INTERNAL_H
#define PINGTLS_LISTENER_INTERNAL_H

#include <stdbool.h>

#include "listener/acceptor.h"
#include "listener/listener.h"
#include "listener/notifier.h"
#include "listener/session_table.h"
#include "log/log_limit.h"
#include "stats/metrics.h"
#include "stats/stats.h"

/* Sessions that gave way end at once.  Where the machine is so slow that so
 * many have not, connections are refused. */
#define LISTENER_EVICTED_MAX 64

struct listener {
	const struct listener_options *options;
	struct sockets *sockets;
	struct loader *loader;
	struct renewal *renewal;
	struct sandbox *sandbox; /* of the sessions; NULL: none */
	struct session_table *sessions;
	struct acceptor *acceptor;
	struct stats stats;
	int signals; /* a signalfd(2) */
	bool stopping;
	bool told_to_end; /* the sessions that are left, once stopping */
	size_t evicted;   /* sessions, not reaped yet */
	bool unreaped;    /* there may be children whose end no signal named */
	deadline next_reap, next_kill, next_publish;
	bool changed; /* what is published has changed since */
	struct log_limit crash_messages;
	struct notifier notifier;
	int kill_signal;
	int status; /* of the exit */
	char metrics[METRICS_TEXT_MAX];
};

/* Accepts the next connection and, if it is admitted, forks its session. */
void listener_take_in(struct listener *);

/*
 * Reaps the child that a SIGCHLD names, in constant time.  Others that ended at
 * the same time have no signal of their own (signal(7)).
 */
void listener_reap_one(struct listener *, pid_t);

/* Reaps all children that have ended. */
void listener_reap_all(struct listener *);

/* Called before a connection is refused because there are too many sessions:
 * those that have ended must not count, and one may give way. */
void listener_reap_before_refusal(void *listener, bool all_taken);

/* Kills the sessions that have exceeded their time. */
void listener_kill_overdue(struct listener *, int64_t now);

#endif
