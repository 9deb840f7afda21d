#include "keyholder/keyholder_serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/direct_calls.h"
#include "keyholder/keyholder_wire.h"

/* Events per epoll_wait(): few, so that new channels do not wait for many
 * signatures. */
#define EVENTS 8

struct keyholder_service {
	int epoll;
	int control;
	bool retired;    /* no more channels will come */
	size_t channels; /* open ones */
	struct keys *keys;
};

/* Adds `fd` to those that epoll(7) watches. */
static int
watch(const struct keyholder_service *s, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event);
}

struct keyholder_service *
keyholder_service_new(int control, struct keys *keys)
{
	struct keyholder_service *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->control = control;
	s->keys = keys;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll != -1 && watch(s, control) == 0)
		return s;
	keyholder_service_free(s);
	return NULL;
}

void
keyholder_service_free(struct keyholder_service *s)
{
	if (s == NULL)
		return;
	if (s->epoll != -1)
		close(s->epoll);
	free(s);
}

/* Receives one packet from the control socket.  Returns as recvmsg(2); `fd` is
 * the descriptor received, or -1. */
static ssize_t
receive_channel(int control, int *fd)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} buffer;
	char octet;
	struct iovec iov = {&octet, sizeof(octet)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = buffer.octets,
	    .msg_controllen = sizeof(buffer.octets),
	};
	const struct cmsghdr *c;
	ssize_t n =
	    direct_recvmsg(control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	*fd = -1;
	if (n <= 0)
		return n;
	c = CMSG_FIRSTHDR(&message);
	/* There is none if this process had no free descriptor. */
	if (c != NULL && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

/* After end of file on the control socket, waits only for its hang-up. */
static void
retire(struct keyholder_service *s)
{
	struct epoll_event event = {.events = 0, .data.fd = s->control};

	s->retired = true;
	(void)epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->control, &event);
}

/* Receives all channels that wait, before the control socket is full. */
static void
take_channels(struct keyholder_service *s)
{
	ssize_t n;
	int fd;

	while ((n = receive_channel(s->control, &fd)) > 0) {
		if (fd == -1)
			continue;
		if (watch(s, fd) == 0)
			s->channels++;
		else
			close(fd);
	}
	if (n == 0)
		retire(s);
}

/* Receives a request.  Returns false if there is none or it is malformed. */
static bool
receive_request(int channel, struct keyholder_request *request)
{
	/* cppcheck-suppress ctuuninitvar ; it is received into */
	struct iovec iov = {request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t head = offsetof(struct keyholder_request, octets);
	ssize_t n = direct_recvmsg(channel, &message, MSG_DONTWAIT);

	/* MSG_CTRUNC shows that descriptors were sent. */
	return n >= (ssize_t)head &&
	       (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	       request->size == (size_t)n - head;
}

static void
send_reply(int channel, struct keyholder_reply *reply)
{
	/* It cannot block: it is the only reply. */
	(void)direct_send(channel, reply,
	    offsetof(struct keyholder_reply, u) + reply->size,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Serves one packet of a channel.  Returns true if the channel stays open. */
static bool
serve_channel(struct keyholder_service *s, int channel)
{
	struct keyholder_request request;
	struct keyholder_reply reply;

	if (!receive_request(channel, &request))
		return false;
	if (request.kind == KEYHOLDER_PREPARE) {
		/* Allowed once, before they are read. */
		if (keys_are_read(s->keys))
			return false;
		(void)keys_read(s->keys);
		return true;
	}
	memset(&reply, 0, offsetof(struct keyholder_reply, u));
	keys_sign(s->keys, &request, &reply);
	send_reply(channel, &reply);
	return false;
}

void
keyholder_serve(struct keyholder_service *s)
{
	struct epoll_event events[EVENTS];
	int n;

	while (!s->retired || s->channels > 0) {
		n = epoll_wait(s->epoll, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != s->control) {
				if (!serve_channel(s, fd)) {
					close(fd);
					s->channels--;
				}
			} else if ((events[i].events & EPOLLHUP) != 0)
				return;
			else
				take_channels(s);
		}
	}
}
