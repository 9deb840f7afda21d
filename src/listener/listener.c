#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/dontfork.h"
#include "listener/listener_internal.h"
#include "log/log.h"
#include "log/systemd.h"

/* The maximum age of the status in systemd and of the metrics file. */
#define PUBLISH_MS 1000
/* The time from SIGTERM to SIGKILL, after the drain timeout. */
#define KILL_MS 1000
/* A session that has timed out ends itself, which takes up to two seconds.  It
 * is killed if it still exists this long afterwards. */
#define GRACE_MS 5000
/* How long the descriptors of a session stay open in the listener, too: most
 * sessions have ended by then. */
#define SETTLE_MS 10
/* Descriptors other than those of sessions: listening sockets, pending
 * connections, and the listener's own. */
#define OTHER_DESCRIPTORS (128 + LISTENER_EVICTED_MAX)

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
	l->sessions =
	    session_table_new(options->max_sessions + LISTENER_EVICTED_MAX,
		options->session.total_ms == 0
		    ? 0
		    : options->session.total_ms + GRACE_MS,
		l->sandbox == NULL ? -1 : sandbox_descriptor(l->sandbox));
	l->acceptor = acceptor_new(options, sockets, &l->stats);
	if (l->signals == -1 || l->sessions == NULL || l->acceptor == NULL ||
	    (options->sandboxed && l->sandbox == NULL)) {
		log_line(LOG_ERR, "cannot start: %s", strerror(errno));
		listener_free(l);
		return NULL;
	}
	acceptor_set_reaper(l->acceptor, listener_reap_before_refusal, l);
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
	session_table_free(l->sessions);
	dontfork_free(l, sizeof(*l));
}

static void
send_metrics(struct listener *l)
{
	ssize_t size = metrics_format(
	    &l->stats, session_table_count(l->sessions), l->metrics);

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

	stats_format(&l->stats, session_table_count(l->sessions), counters);
	snprintf(status, sizeof(status), "STATUS=%s%s",
	    renewal_able(l->renewal)
		? ""
		: "STARTTLS fails: no certificate and key could be loaded; ",
	    counters);
	/* Where it cannot be sent now, another follows. */
	(void)systemd_notify(status);
	if (l->options->metrics_file != NULL)
		send_metrics(l);
	l->changed = false;
	l->next_publish = deadline_in(PUBLISH_MS);
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
		    session_table_count(l->sessions));
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
			listener_reap_one(l, (pid_t)signals[i].ssi_pid);
			break;
		case SIGHUP:
			renewal_reload(l->renewal);
			break;
		case SIGUSR1:
			stats_format(
			    &l->stats, session_table_count(l->sessions), text);
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
		session_table_signal(l->sessions, l->kill_signal);
		l->told_to_end = true;
		l->kill_signal = SIGKILL;
		l->next_kill = deadline_in(KILL_MS);
	}
	next = deadline_earlier(next, l->next_kill);
	if (l->unreaped && now >= l->next_reap)
		listener_reap_all(l);
	if (l->unreaped)
		next = deadline_earlier(next, l->next_reap);
	if (!session_table_settle(l->sessions))
		next = deadline_earlier(next, deadline_after(now, SETTLE_MS));
	listener_kill_overdue(l, now);
	next = deadline_earlier(next, session_table_next_end(l->sessions));
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
		listener_take_in(l);
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
	while (!l->stopping || session_table_count(l->sessions) > 0)
		wait_for_work(l, handle_time(l));
	publish(l);
	log_line(LOG_NOTICE, "stopped");
	return l->status;
}
