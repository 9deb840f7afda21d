#include "client/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_known(const struct resolution *r, const struct addrinfo *a)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->found[i].length == a->ai_addrlen &&
		    memcmp(&r->found[i].address, a->ai_addr, a->ai_addrlen) ==
			0)
			return true;
	return false;
}

static void
look_up(const char *host, const char *port, int family, int flags,
    struct resolution *r)
{
	struct addrinfo hints = {
	    .ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = flags | AI_NUMERICSERV,
	};
	struct addrinfo *list;

	memset(r, 0, sizeof(*r));
	r->error = getaddrinfo(host, port, &hints, &list);
	r->system_error = errno;
	if (r->error != 0)
		return;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		struct resolved_address *to = &r->found[r->count];

		if (r->count == RESOLVE_ADDRESSES_MAX || is_known(r, a) ||
		    a->ai_addrlen > sizeof(to->address))
			continue;
		to->length = a->ai_addrlen;
		memcpy(&to->address, a->ai_addr, a->ai_addrlen);
		r->count++;
	}
	freeaddrinfo(list);
}

/* Receives the record of the child.  Returns 0, or -1 with errno. */
static int
receive(int fd, struct resolution *r, deadline when, int cancel_fd)
{
	size_t got = 0;

	while (got < sizeof(*r)) {
		ssize_t n;

		if (deadline_wait(fd, POLLIN, when, cancel_fd) == -1)
			return -1;
		n = read(fd, (char *)r + got, sizeof(*r) - got);
		if (n == 0)
			errno = ECHILD;
		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	return 0;
}

static void __attribute__((noreturn))
resolve_for(int fd, const char *host, const char *port, int family)
{
	struct resolution r;
	const char *from = (const char *)&r;
	size_t left = sizeof(r);
	ssize_t n;

	look_up(host, port, family, 0, &r);
	for (; left > 0; left -= (size_t)n, from += n)
		if ((n = write(fd, from, left)) <= 0)
			_exit(1);
	_exit(0);
}

/* Runs the look-up in a child process.  Returns 0, or -1 with errno. */
static int
look_up_elsewhere(const char *host, const char *port, int family, deadline when,
    int cancel_fd, struct resolution *r)
{
	int fds[2], ret, error;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	child = fork();
	if (child == 0) {
		close(fds[0]);
		resolve_for(fds[1], host, port, family);
	}
	close(fds[1]);
	ret = child == -1 ? -1 : receive(fds[0], r, when, cancel_fd);
	error = errno;
	close(fds[0]);
	if (child != -1) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	errno = error;
	return ret;
}

int
resolve_host(const char *host, uint16_t port, int family, deadline when,
    int cancel_fd, struct resolution *r, char *why, size_t size)
{
	char number[8];
	int64_t began = deadline_now();

	snprintf(number, sizeof(number), "%u", port);
	look_up(host, number, family, AI_NUMERICHOST, r);
	if (r->error == EAI_NONAME &&
	    look_up_elsewhere(host, number, family, when, cancel_fd, r) == -1) {
		int error = errno;

		if (error == ETIMEDOUT)
			snprintf(why, size, "the look-up took over %.1f s",
			    (double)(deadline_now() - began) / 1e9);
		else
			snprintf(why, size, "cannot look it up: %s",
			    error == ECHILD ? "the resolver crashed"
					    : strerror(error));
		errno = error;
		return -1;
	}
	if (r->error == 0 && r->count > 0)
		return 0;
	snprintf(why, size, "%s",
	    r->error == EAI_SYSTEM ? strerror(r->system_error)
				   : gai_strerror(r->error));
	errno = 0;
	return -1;
}
