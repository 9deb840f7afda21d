#include "client/control.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

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

static void
signal_set(sigset_t *set, bool questions)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (questions)
		sigaddset(set, SIGQUIT);
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
	signal_set(&set, true);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal_set(&set, false);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals == -1 ? -1 : 0;
}

void
control_watch_questions(struct control *c, bool questions)
{
	sigset_t set;

	signal_set(&set, questions);
	signalfd(c->signals, &set, 0);
}

bool
control_take(struct control *c)
{
	struct signalfd_siginfo signal;

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
