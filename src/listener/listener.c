#include "listener/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "base/dontfork.h"
#include "listener/acceptor.h"
#include "listener/notifier.h"
#include "listener/session_table.h"
#include "log/log.h"
#include "log/log_limit.h"
#include "log/systemd.h"
#include "session/session_log.h"
#include "session/session_process.h"
#include "session/session_result.h"
#include "stats/metrics.h"
#include "stats/stats.h"

/* The maximum age of the status in systemd and of the metrics file. */
#define PUBLISH_MS 1000
/* The time from SIGTERM to SIGKILL, after the drain timeout. */
#define KILL_MS 1000
/* A session that has timed out ends itself, which takes up to two seconds.  It
 * is killed if it still exists this long afterwards. */
#define GRACE_MS 5000
/* More than the listener's calls take of its stack, the log's included. */
#define STACK_USED 16384
/* How long the descriptors of a session stay open in the listener, too: most
 * sessions have ended by then. */
#define SETTLE_MS 10
/* Sessions that gave way end at once.  Where the machine is so slow that so
 * many have not, connections are refused. */
#define EVICTED_MAX 64
/* Descriptors other than those of sessions: listening sockets, pending
 * connections, and the listener's own. */
#define OTHER_DESCRIPTORS (128 + EVICTED_MAX)
/* Checking all children takes time in proportion to their number.  A pause of
 * this many times that follows, so that it takes at most 5 % of the time. */
#define REAP_PAUSE 19

struct listener {
	const struct listener_options *options;
	struct sockets *sockets;
	struct loader *loader;
	struct renewal *renewal;
	struct sandbox *sandbox; /* of the sessions; NULL: none */
	struct session_table *children;
	struct acceptor *acceptor;
	struct stats stats;
	int signals; /* a signalfd(2) */
	bool stopping;
	bool told_to_end; /* the sessions that are left, once stopping */
	size_t evicted;   /* sessions, not reaped yet */
	bool unreaped;    /* there may be children whose end no signal named */
	deadline next_reap, next_kill, next_publish;
	bool changed; /* what is published, since it was */
	struct log_limit crash_messages;
	struct notifier notifier;
	int kill_signal;
	int status; /* of the exit */
	char metrics[METRICS_TEXT_MAX];
};

static void reap_before_refusal(void *listener, bool all_taken);

/* A session takes one descriptor while it lives, and two more at first. */
static void
check_descriptors(const struct listener_options *options)
{
	unsigned long most = descriptors_raise_limit();

	if (most < options->max_sessions + OTHER_DESCRIPTORS)
		log_line(LOG_WARNING,
		    "no more than %lu descriptors are allowed (RLIMIT_NOFILE), "
		    "too few for %lu sessions",
		    most, options->max_sessions);
}

static sigset_t
handled_signals(void)
{
	sigset_t handled;

	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGHUP);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGUSR1);
	return handled;
}

void
listener_block_signals(void)
{
	const sigset_t handled = handled_signals();

	sigprocmask(SIG_BLOCK, &handled, NULL);
}

struct listener *
listener_new(const struct listener_options *options, struct sockets *sockets,
    struct loader *loader, struct renewal *renewal)
{
	struct listener *l = dontfork_new(sizeof(*l));
	const sigset_t handled = handled_signals();

	if (l == NULL) {
		log_line(LOG_ERR, "cannot start: %s", strerror(errno));
		return NULL;
	}
	l->options = options;
	l->sockets = sockets;
	l->loader = loader;
	l->renewal = renewal;
	renewal_set_notifier(renewal, &l->notifier);
	l->next_kill = DEADLINE_NEVER;
	check_descriptors(options);
	l->signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (options->sandboxed)
		l->sandbox = sandbox_new(SANDBOX_SESSION);
	l->children = session_table_new(options->max_sessions + EVICTED_MAX,
	    options->session.total_ms == 0
		? 0
		: options->session.total_ms + GRACE_MS,
	    l->sandbox == NULL ? -1 : sandbox_descriptor(l->sandbox));
	l->acceptor = acceptor_new(options, sockets, &l->stats);
	if (l->signals == -1 || l->children == NULL || l->acceptor == NULL ||
	    (options->sandboxed && l->sandbox == NULL)) {
		log_line(LOG_ERR, "cannot start: %s", strerror(errno));
		listener_free(l);
		return NULL;
	}
	acceptor_set_reaper(l->acceptor, reap_before_refusal, l);
	return l;
}

void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	if (l->signals != -1)
		close(l->signals);
	sandbox_free(l->sandbox);
	acceptor_free(l->acceptor);
	session_table_free(l->children);
	dontfork_free(l, sizeof(*l));
}

/*
 * Makes a session's channel to the keyholder.  Returns true with the channel,
 * or with -1 if there is no keyholder: then the session is served in the clear
 * only.  Returns false with errno if it cannot be made now.
 */
static bool
open_channel(const struct listener *l, int *channel)
{
	const struct credentials *credentials = renewal_credentials(l->renewal);

	*channel = -1;
	if (!renewal_able(l->renewal))
		return true;
	*channel = keyholder_open_channel(credentials_keyholder(credentials));
	return *channel != -1 || errno == EPIPE || errno == ECONNRESET;
}

/* Wipes the stack below the caller's frame, where the addresses and names of
 * other clients still stand. */
static void __attribute__((noinline)) wipe_stack(void)
{
	char below[STACK_USED];

	explicit_bzero(below, sizeof(below));
}

/* Accepts the next connection and, if it is admitted, forks its session. */
static void
take_in(struct listener *l)
{
	/* A child has no struct listener. */
	const struct session_process_options options = {
	    .credentials = renewal_credentials(l->renewal),
	    .sandbox = l->sandbox,
	    .session = &l->options->session,
	};
	struct session_result *result;
	struct peer peer;
	int channel, fd = acceptor_next(l->acceptor, &peer);

	l->changed = true;
	if (fd == -1)
		return;
	if (!open_channel(l, &channel)) {
		acceptor_turn_away(l->acceptor, &peer, fd, errno);
		return;
	}
	credentials_rotate(renewal_credentials(l->renewal));
	wipe_stack();
	switch (session_table_fork(
	    l->children, &peer, (int[]){fd, channel}, &result)) {
	case 0:
		session_process_serve(&options, fd, channel, result);
	case -1:
		acceptor_turn_away(l->acceptor, &peer, fd, errno);
		if (channel != -1)
			close(channel);
		break;
	}
}

static void
write_metrics(struct listener *l)
{
	ssize_t size = metrics_format(
	    &l->stats, session_table_count(l->children), l->metrics);

	if ((size == -1 || loader_write_metrics(
			       l->loader, l->metrics, (size_t)size) == -1) &&
	    log_limit_allow(&l->crash_messages, LOG_ERR))
		log_line(LOG_ERR, "cannot write %s: %s",
		    l->options->metrics_file, strerror(errno));
}

/* Publishes the counters, to systemd and the metrics file. */
static void
publish(struct listener *l)
{
	char counters[STATS_TEXT_MAX], status[STATS_TEXT_MAX + 80];

	stats_format(&l->stats, session_table_count(l->children), counters);
	snprintf(status, sizeof(status), "STATUS=%s%s",
	    renewal_able(l->renewal)
		? ""
		: "STARTTLS fails: no certificate and key could be loaded; ",
	    counters);
	/* Where it cannot be sent now, another follows. */
	(void)systemd_notify(status);
	if (l->options->metrics_file != NULL)
		write_metrics(l);
	l->changed = false;
	l->next_publish = deadline_in(PUBLISH_MS);
}

/* Discards a result that cannot be true. */
static void
check_result(const struct listener *l, const struct peer *peer, int64_t life_ns,
    struct session_result *result, int status)
{
	bool asked = credentials_ask_clients(renewal_credentials(l->renewal));
	char who[ADDRESS_TEXT_MAX];

	/* If the process was cut off, the result may be incomplete. */
	if (status != 0)
		*result = (struct session_result){.end = result->end};
	if (session_result_check(result, life_ns, asked))
		return;
	address_format(
	    (const struct sockaddr *)&peer->address, peer->length, who);
	log_line(LOG_WARNING,
	    "the session from %s left behind what cannot be true", who);
}

static void
end_session(struct listener *l, const struct peer *peer,
    struct session_result *result, int status, bool evicted)
{
	enum session_end killed =
	    l->told_to_end ? SESSION_STOPPED : SESSION_KILLED;
	int64_t life_ns = deadline_now() - peer->began;

	session_result_settle(
	    result, status, evicted ? SESSION_GAVE_WAY : killed);
	check_result(l, peer, life_ns, result, status);
	if (evicted)
		l->evicted--;
	else
		acceptor_ended(l->acceptor, peer, result);
	stats_add(&l->stats, result, life_ns);
	l->changed = true;
	session_log(peer, result, status);
}

/* Handles the end of a child that wait(2) has reported. */
static void
reaped(struct listener *l, pid_t pid, int status)
{
	struct session_result result;
	struct peer peer;
	int evicted = session_table_reap(l->children, pid, &peer, &result);

	if (evicted != -1)
		end_session(l, &peer, &result, status, evicted == 1);
	/* Else the loader, whose end its socket tells. */
}

/*
 * Reaps the child that a SIGCHLD names, in constant time.  Others that ended at
 * the same time have no signal of their own (signal(7)).
 */
static void
reap_one(struct listener *l, pid_t pid)
{
	int status;

	l->unreaped = true;
	if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
		reaped(l, pid, status);
}

/* Reaps all children that have ended. */
static void
reap_all(struct listener *l)
{
	int64_t began, looked = 0;
	int status;
	pid_t pid;

	do {
		began = deadline_now();
		pid = waitpid(-1, &status, WNOHANG);
		looked += deadline_now() - began;
		if (pid > 0)
			reaped(l, pid, status);
	} while (pid > 0);
	l->unreaped = false;
	l->next_reap = deadline_now() + REAP_PAUSE * looked;
}

/* Has the session that was idle longest in the clear give way: else a few
 * addresses that hold sessions, and do nothing with them, keep all others out.
 */
static void
make_room(struct listener *l)
{
	size_t counted = session_table_count(l->children) - l->evicted;
	struct peer peer;

	if (counted < l->options->max_sessions || l->evicted == EVICTED_MAX ||
	    session_table_evict(l->children, &peer) == -1)
		return;
	l->evicted++;
	acceptor_gave_way(l->acceptor, &peer);
}

/* Called before a connection is refused because there are too many sessions:
 * those that have ended must not count, and one may give way. */
static void
reap_before_refusal(void *listener, bool all_taken)
{
	struct listener *l = listener;
	struct pollfd signals = {.fd = l->signals, .events = POLLIN};

	if (l->unreaped || poll(&signals, 1, 0) == 1)
		reap_all(l);
	if (all_taken)
		make_room(l);
}

/* Kills the sessions that have exceeded their time. */
static void
kill_overdue(struct listener *l, int64_t now)
{
	char who[ADDRESS_TEXT_MAX];
	struct peer peer;

	while (session_table_kill_overdue(l->children, now, &peer)) {
		address_format(
		    (const struct sockaddr *)&peer.address, peer.length, who);
		log_line(LOG_WARNING,
		    "killing the session from %s, which goes on beyond its "
		    "time",
		    who);
	}
}

/* Stops accepting; the second time, stops waiting. */
static void
stop(struct listener *l)
{
	if (!l->stopping) {
		l->stopping = true;
		l->kill_signal = SIGTERM;
		l->next_kill = l->options->drain_ms == 0
		                   ? 0
		                   : deadline_in(l->options->drain_ms);
		notifier_tell(&l->notifier, "STOPPING=1");
		log_line(LOG_NOTICE, "stopping; sessions to end: %zu",
		    session_table_count(l->children));
		sockets_close(l->sockets);
		loader_remove_sockets(l->loader);
	} else
		l->next_kill = 0;
}

static void
handle_signals(struct listener *l)
{
	struct signalfd_siginfo signals[8];
	ssize_t n = read(l->signals, signals, sizeof(signals));
	char text[STATS_TEXT_MAX];

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(signals[0]); i++)
		switch (signals[i].ssi_signo) {
		case SIGCHLD:
			reap_one(l, (pid_t)signals[i].ssi_pid);
			break;
		case SIGHUP:
			renewal_reload(l->renewal);
			break;
		case SIGUSR1:
			stats_format(
			    &l->stats, session_table_count(l->children), text);
			log_line(LOG_NOTICE, "%s", text);
			break;
		default: /* SIGTERM, SIGINT */
			stop(l);
			break;
		}
}

/* Does what is due.  Returns when something will be due next. */
static deadline
handle_time(struct listener *l)
{
	int64_t now = deadline_now();
	deadline next = renewal_deadline(l->renewal);

	if (l->stopping && now >= l->next_kill) {
		session_table_signal(l->children, l->kill_signal);
		l->told_to_end = true;
		l->kill_signal = SIGKILL;
		l->next_kill = deadline_in(KILL_MS);
	}
	next = deadline_earlier(next, l->next_kill);
	if (l->unreaped && now >= l->next_reap)
		reap_all(l);
	if (l->unreaped)
		next = deadline_earlier(next, l->next_reap);
	if (!session_table_settle(l->children))
		next = deadline_earlier(next, deadline_after(now, SETTLE_MS));
	kill_overdue(l, now);
	next = deadline_earlier(next, session_table_next_end(l->children));
	next = deadline_earlier(next, notifier_handle_time(&l->notifier, now));
	if (l->changed && now >= l->next_publish)
		publish(l);
	if (l->changed)
		next = deadline_earlier(next, l->next_publish);
	if (!l->stopping)
		next = deadline_earlier(next, acceptor_deadline(l->acceptor));
	return next;
}

static void
wait_for_work(struct listener *l, deadline until)
{
	struct pollfd fds[2 + RENEWAL_FDS] = {
	    {.fd = l->signals, .events = POLLIN},
	    {.fd = l->stopping ? -1 : acceptor_fd(l->acceptor),
		.events = POLLIN},
	};
	bool able = renewal_able(l->renewal);
	struct timespec left;

	renewal_poll(l->renewal, fds + 2);
	if (ppoll(fds, 2 + RENEWAL_FDS, deadline_left(until, &left), NULL) ==
	    -1)
		return;
	if (!l->stopping &&
	    (fds[1].revents != 0 ||
		deadline_now() >= acceptor_deadline(l->acceptor)))
		take_in(l);
	renewal_continue(l->renewal, fds + 2);
	l->changed = l->changed || renewal_able(l->renewal) != able;
	if (!l->stopping && !acceptor_listens(l->acceptor)) {
		log_line(LOG_ERR, "no socket is left to listen on");
		l->status = EXIT_FAILURE;
		stop(l);
	}
	if (fds[0].revents != 0)
		handle_signals(l);
}

int
listener_run(struct listener *l)
{
	notifier_tell(&l->notifier, "READY=1");
	publish(l);
	while (!l->stopping || session_table_count(l->children) > 0)
		wait_for_work(l, handle_time(l));
	publish(l);
	log_line(LOG_NOTICE, "stopped");
	return l->status;
}
