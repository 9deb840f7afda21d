/*
 * Deadlines: points in time on CLOCK_MONOTONIC, and the one place that waits
 * for a descriptor.
 */
#include "base/deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

int64_t
deadline_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

deadline
deadline_in(int64_t ms)
{
	return deadline_after(deadline_now(), ms);
}

deadline
deadline_after(int64_t now, int64_t ms)
{
	return ms == 0 ? DEADLINE_NEVER : now + ms * NS_PER_MS;
}

deadline
deadline_earlier(deadline a, deadline b)
{
	return a < b ? a : b;
}

int
deadline_wait(int fd, short events, deadline when, int cancel_fd)
{
	struct pollfd fds[2] = {
	    {.fd = fd, .events = events},
	    {.fd = cancel_fd, .events = POLLIN}, /* poll(2) skips -1 */
	};

	for (;;) {
		struct timespec timeout, *wait = NULL;
		int n;

		if (when != DEADLINE_NEVER) {
			int64_t left = when - deadline_now();

			/* Before a look at `fd`: a peer that always has
			 * something to say gains no time by it. */
			if (left <= 0) {
				errno = ETIMEDOUT;
				return -1;
			}
			timeout.tv_sec = left / NS_PER_S;
			timeout.tv_nsec = left % NS_PER_S;
			wait = &timeout;
		}
		n = ppoll(fds, 2, wait, NULL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (fds[1].revents != 0) {
			errno = ECANCELED;
			return -1;
		}
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		return 1;
	}
}
