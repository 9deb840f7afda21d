#include "client/control.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/direct_calls.h"

/* Time for slow output and the server's close after an interrupt. */
#define GRACE_MS 1000

/* When this process was last continued, in seconds: a signal handler may set
 * only a sig_atomic_t, which has the size of an int. */
static volatile sig_atomic_t continued_at;

static int
seconds(int64_t ns)
{
	return (int)(ns / INT64_C(1000000000));
}

static void
note_continued(int signal)
{
	(void)signal;
	continued_at = seconds(deadline_now());
}

int
control_begin(struct control *c, int64_t deadline_ms)
{
	struct sigaction action = {
	    .sa_handler = note_continued,
	    .sa_flags = SA_RESTART,
	};
	sigset_t set;

	*c = (struct control){
	    .end = deadline_in(deadline_ms),
	    .grace = DEADLINE_NEVER,
	};
	sigaction(SIGCONT, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals == -1 ? -1 : 0;
}

/* Blocks or unblocks the signals that stop a run. */
static void
mask_stops(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(how, &set, NULL);
}

void
control_pause(void)
{
	mask_stops(SIG_UNBLOCK);
}

void
control_resume(void)
{
	mask_stops(SIG_BLOCK);
}

void
control_leave_to_parent(struct control *c, int channel)
{
	c->signals = channel;
	c->by_parent = true;
}

bool
control_take(struct control *c)
{
	struct signalfd_siginfo signal;
	char octet;

	if (c->by_parent) {
		/* The parent sends nothing: what can be read is the end. */
		if (direct_recv(c->signals, &octet, 1, MSG_DONTWAIT) != -1 ||
		    errno != EAGAIN)
			c->stopped = true;
		return c->stopped;
	}
	while (read(c->signals, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo == SIGQUIT) {
			c->asked = true;
			continue;
		}
		/* A second interrupt skips the grace period. */
		c->grace = c->stopped ? 0 : deadline_in(GRACE_MS);
		c->stopped = true;
	}
	return c->stopped;
}

bool
control_is_over(const struct control *c)
{
	return deadline_now() >= c->end;
}

bool
control_was_suspended(int64_t when)
{
	return continued_at != 0 && continued_at >= seconds(when);
}
