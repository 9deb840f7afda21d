/*
 * What only a keyholder may try: messages to and from all who are at the other
 * ends of its sockets, and waiting for them.
 */
#include "takeover.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define DESCRIPTORS 64

static char octets[4096];

/* To the listener, by the control socket, and to all sessions. */
static int
talk(const struct loot *loot)
{
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		if (fd != loot->stream)
			for (int i = 0; i < 100; i++)
				raw(SYS_sendto, fd, octets, sizeof(octets),
				    MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	return 0;
}

/* Channels and requests. */
static int
hear(const struct loot *loot)
{
	struct iovec iov = {octets, sizeof(octets)};

	for (int fd = 3; fd < DESCRIPTORS; fd++) {
		char control[256];
		struct msghdr message = {
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control),
		};

		if (fd != loot->stream)
			raw(SYS_recvmsg, fd, &message, MSG_DONTWAIT);
	}
	return 0;
}

/* Each descriptor by each other that may be an epoll(7). */
static int
watch(const struct loot *loot)
{
	struct epoll_event event = {.events = EPOLLIN};

	(void)loot;
	for (int epoll = 3; epoll < DESCRIPTORS; epoll++)
		for (int fd = 0; fd < DESCRIPTORS; fd++) {
			raw(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, fd, &event);
			raw(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
#ifdef SYS_epoll_wait
			raw(SYS_epoll_wait, epoll, &event, 1, 0);
#endif
			raw(SYS_epoll_pwait, epoll, &event, 1, 0, NULL, 8);
		}
	return 0;
}

const struct attempt attempts_in_keyholder[] = {
    {"talk", talk},
    {"hear", hear},
    {"watch", watch},
    {NULL, NULL},
};
