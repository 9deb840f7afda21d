/*
 * How sessions begin, and what the listener does when they end.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/peer.h"
#include "listener/listener_internal.h"
#include "log/log.h"
#include "session/session_log.h"
#include "session/session_process.h"
#include "session/session_result.h"

/* More than the listener's calls take of its stack, the log's included. */
#define STACK_USED 16384

/* Checking all children takes time in proportion to their number.  A pause of
 * this many times that follows, so that it takes at most 0.5 % of the time; but
 * no longer than the other, as the time includes what other processes take. */
#define REAP_PAUSE 199
#define REAP_PAUSE_MAX_MS 500

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

void
listener_take_in(struct listener *l)
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
	    l->sessions, &peer, (int[]){fd, channel}, &result)) {
	case 0:
		session_process_serve(&options, fd, channel, result);
	case -1:
		acceptor_turn_away(l->acceptor, &peer, fd, errno);
		if (channel != -1)
			close(channel);
		break;
	}
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
	peer_format(peer, who);
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
	int evicted = session_table_reap(l->sessions, pid, &peer, &result);

	if (evicted != -1)
		end_session(l, &peer, &result, status, evicted == 1);
	/* Else the loader, whose end its socket tells. */
}

void
listener_reap_one(struct listener *l, pid_t pid)
{
	int status;

	l->unreaped = true;
	if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
		reaped(l, pid, status);
}

void
listener_reap_all(struct listener *l)
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
	l->next_reap = deadline_earlier(deadline_in(REAP_PAUSE_MAX_MS),
	    deadline_now() + REAP_PAUSE * looked);
}

/* Has the session that was idle longest in the clear give way: else a few
 * addresses that hold sessions, and do nothing with them, keep all others out.
 */
static void
make_room(struct listener *l)
{
	size_t counted = session_table_count(l->sessions) - l->evicted;
	struct peer peer;

	if (counted < l->options->max_sessions ||
	    l->evicted == LISTENER_EVICTED_MAX ||
	    session_table_evict(l->sessions, &peer) == -1)
		return;
	l->evicted++;
	acceptor_gave_way(l->acceptor, &peer);
}

void
listener_reap_before_refusal(void *listener, bool all_taken)
{
	struct listener *l = listener;
	struct pollfd signals = {.fd = l->signals, .events = POLLIN};

	if (l->unreaped || poll(&signals, 1, 0) == 1)
		listener_reap_all(l);
	if (all_taken)
		make_room(l);
}

void
listener_kill_overdue(struct listener *l, int64_t now)
{
	char who[ADDRESS_TEXT_MAX];
	struct peer peer;

	while (session_table_kill_overdue(l->sessions, now, &peer)) {
		peer_format(&peer, who);
		log_line(LOG_WARNING,
		    "killing the session from %s, which goes on beyond its "
		    "time",
		    who);
	}
}
