#include "client/dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"

struct addrinfo *
dial_resolve(
    const char *host, const char *port, int family, char *why, size_t size)
{
	struct addrinfo hints = {
	    .ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	int ret = getaddrinfo(host, port, &hints, &found);

	if (ret == 0)
		return found;
	snprintf(why, size, "%s: %s", host,
	    ret == EAI_SYSTEM ? strerror(errno) : gai_strerror(ret));
	return NULL;
}

/* One address.  Returns the socket, or -1 with errno. */
static int
try_address(const struct addrinfo *a, deadline when, int cancel_fd)
{
	int error = 0,
	    fd = socket(a->ai_family,
		SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	socklen_t length = sizeof(error);

	if (fd == -1)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
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

int
dial_connect(const struct addrinfo *addresses, int64_t timeout_ms,
    deadline when, int cancel_fd, const struct addrinfo **found, int64_t *ns,
    char *why, size_t size)
{
	char shown[ADDRESS_TEXT_MAX];
	size_t used = 0;
	int error = 0;

	for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next) {
		int64_t began = deadline_now();
		int fd = try_address(a,
		    deadline_earlier(deadline_in(timeout_ms), when), cancel_fd);

		if (fd != -1) {
			*ns = deadline_now() - began;
			*found = a;
			return fd;
		}
		error = errno;
		address_format(a->ai_addr, a->ai_addrlen, shown);
		if (used < size)
			used += (size_t)snprintf(why + used, size - used,
			    "%s%s: %s", used == 0 ? "" : "; ", shown,
			    strerror(error));
		if (error == ECANCELED)
			break;
	}
	errno = error;
	return -1;
}
