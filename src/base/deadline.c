#include "base/deadline.h"

#include <errno.h>
#include <poll.h>

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

struct timespec *
deadline_left(deadline when, struct timespec *left)
{
	int64_t ns;

	if (when == DEADLINE_NEVER)
		return NULL;
	ns = when - deadline_now();
	if (ns < 0)
		ns = 0;
	*left =
	    (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
	return left;
}

int
deadline_wait(int fd, short events, deadline when, int cancel_fd)
{
	struct pollfd fds[2] = {
	    {.fd = fd, .events = events},
	    {.fd = cancel_fd, .events = POLLIN}, /* poll(2) skips -1 */
	};
	struct timespec left;
	int n;

	do {
		/* Checked before polling: otherwise a peer that always has
		 * data ready would never time out. */
		if (deadline_now() >= when) {
			errno = ETIMEDOUT;
			return -1;
		}
		n = ppoll(fds, 2, deadline_left(when, &left), NULL);
	} while (n == -1 && errno == EINTR);
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
