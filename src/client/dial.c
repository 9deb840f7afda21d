#include "client/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"

static const struct sockaddr *
plain(const struct resolved_address *a)
{
	return (const struct sockaddr *)&a->address;
}

/* Connects to one address.  Returns the socket, or -1 with errno. */
static int
try_address(const struct resolved_address *a, deadline when, int cancel_fd)
{
	int error = 0, fd = socket(a->address.ss_family,
			   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t length = sizeof(error);

	if (fd == -1)
		return -1;
	if (connect(fd, plain(a), a->length) == 0)
		return fd;
	if (errno != EINPROGRESS)
		error = errno;
	else if (deadline_wait(fd, POLLOUT, when, cancel_fd) == -1 ||
		 getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* The deadline of the next address, given how many remain. */
static deadline
share(int64_t timeout_ms, deadline when, uint32_t left)
{
	int64_t now = deadline_now();
	deadline latest = deadline_after(now, timeout_ms);

	if (when == DEADLINE_NEVER)
		return latest;
	return deadline_earlier(latest, now + (when - now) / (left + 1));
}

static size_t __attribute__((format(printf, 4, 5)))
add(char *why, size_t size, size_t used, const char *format, ...)
{
	va_list arguments;
	int n;

	if (used >= size)
		return used;
	va_start(arguments, format);
	n = vsnprintf(why + used, size - used, format, arguments);
	va_end(arguments);
	return used + (size_t)n;
}

int
dial_connect(const struct resolution *r, int64_t timeout_ms, deadline when,
    int cancel_fd, const struct resolved_address **found, char *why,
    size_t size)
{
	char shown[ADDRESS_TEXT_MAX];
	size_t used = 0;
	int error = ETIMEDOUT;

	for (uint32_t i = 0; i < r->count; i++) {
		const struct resolved_address *a = &r->found[i];
		int64_t began = deadline_now();
		int fd;

		address_format(plain(a), a->length, shown);
		used = add(
		    why, size, used, "%s%s: ", used == 0 ? "" : "; ", shown);
		if (began >= when || error == ECANCELED) {
			used = add(why, size, used, "not tried");
			continue;
		}
		fd = try_address(
		    a, share(timeout_ms, when, r->count - i), cancel_fd);
		if (fd != -1) {
			*found = a;
			return fd;
		}
		error = errno;
		if (error == ETIMEDOUT)
			used = add(why, size, used, "no answer within %.3f s",
			    (double)(deadline_now() - began) / 1e9);
		else
			used = add(why, size, used, "%s", strerror(error));
	}
	errno = error;
	return -1;
}
