#include "base/descriptors.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int
descriptors_reserve_standard(void)
{
	/* open(2) returns the lowest free number, which is this one. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) == -1)
			return -1;
	return 0;
}

int
descriptors_drop_input_and_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), ret = 0;

	for (int fd = 0; fd < 2 && ret == 0; fd++)
		if (null == -1 || dup2(null, fd) == -1)
			ret = -1;
	if (null > 2)
		close(null);
	return ret;
}

void
descriptors_drop_messages(void)
{
	if (dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		close(STDERR_FILENO);
}

void
descriptors_drop_standard(void)
{
	if (descriptors_drop_input_and_output() == -1) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
	}
	descriptors_drop_messages();
}

unsigned long
descriptors_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return (unsigned long)limit.rlim_max;
}

/* The lowest in `keep` that is at least `from`, or -1. */
static int
next_kept(const int *keep, size_t count, int from)
{
	int lowest = -1;

	for (size_t i = 0; i < count; i++)
		if (keep[i] >= from && (lowest == -1 || keep[i] < lowest))
			lowest = keep[i];
	return lowest;
}

/* close_range(2), with a fallback for old kernels and for containers whose
 * seccomp filter refuses it. */
static void
close_between(int first, int last)
{
	if (close_range((unsigned int)first, (unsigned int)last, 0) == 0)
		return;
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

void
descriptors_keep(const int *keep, size_t count)
{
	int from = 3, fd;

	while ((fd = next_kept(keep, count, from)) != -1) {
		if (fd > from)
			close_between(from, fd - 1);
		from = fd + 1;
	}
	/* glibc's fallback without close_range(2) reads /proc/self/fd, and
	 * aborts if it cannot close all. */
	closefrom(from);
}

int
descriptors_place(int *fds, size_t count)
{
	int end = 3 + (int)count;

	/* Out of the way of each other. */
	for (size_t i = 0; i < count; i++) {
		bool in_place = fds[i] == 3 + (int)i;

		if (fds[i] >= 3 && fds[i] < end && !in_place &&
		    (fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, end)) == -1)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		int place = 3 + (int)i;

		if (fds[i] == -1) {
			close(place);
			continue;
		}
		if (fds[i] != place && dup3(fds[i], place, O_CLOEXEC) == -1)
			return -1;
		fds[i] = place;
	}
	descriptors_keep(fds, count);
	return 0;
}

int
descriptors_move(int fd, int from)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, from);

	if (moved == -1)
		return fd;
	close(fd);
	return moved;
}

int
descriptors_send(int socket, const void *octets, size_t size, int descriptor)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control = {.octets = {0}};
	struct iovec iov = {(void *)(uintptr_t)octets, size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (descriptor != -1) {
		message.msg_control = control.octets;
		message.msg_controllen = sizeof(control.octets);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &descriptor, sizeof(int));
	}
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ? -1
	                                                                    : 0;
}

void
descriptors_read_out_of_band(int socket)
{
	int one = 1;

	(void)setsockopt(socket, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
}
