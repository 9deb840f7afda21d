/*
 * clone3(2) instead of fork(2).
 */
#include "listener/session_fork.h"

#include <errno.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
session_fork_can_share(void)
{
	/* Closes nothing, since no descriptor has this number. */
	return close_range(~0U, ~0U, CLOSE_RANGE_UNSHARE) == 0;
}

pid_t
session_fork(bool *share)
{
	struct clone_args args = {
	    .flags = CLONE_FILES,
	    .exit_signal = SIGCHLD,
	};
	pid_t pid;

	if (*share) {
		pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
		if (pid != -1 || (errno != ENOSYS && errno != EPERM))
			return pid;
		*share = false;
	}
	return fork();
}

int
session_fork_leave(bool shared, int highest)
{
	return shared ? close_range(
			    (unsigned int)highest + 1, ~0U, CLOSE_RANGE_UNSHARE)
	              : 0;
}
