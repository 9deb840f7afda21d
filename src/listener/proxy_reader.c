#include "listener/proxy_reader.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

/* The header is parsed; octets at its end may remain to be read. */
static ssize_t
skip(struct proxy_reader *r, int fd)
{
	char dropped[512];
	size_t left = r->header.length - r->taken;

	return recv(fd, dropped,
	    left < sizeof(dropped) ? left : sizeof(dropped), MSG_DONTWAIT);
}

/* Reads octets of the header, or sets `*malformed`. */
static ssize_t
look(struct proxy_reader *r, int fd, bool *malformed)
{
	uint8_t *at = r->octets + r->taken;
	size_t room = sizeof(r->octets) - r->taken, mine;
	ssize_t n;

	assert(room > 0); /* PROXY_DECIDED octets suffice */
	n = recv(fd, at, room, MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return n;
	mine = (size_t)n;
	switch (proxy_parse(r->octets, r->taken + mine, &r->header)) {
	case PROXY_VALID:
		if (r->header.length - r->taken < mine)
			mine = r->header.length - r->taken;
		break;
	case PROXY_PARTIAL:
		break;
	case PROXY_INVALID:
		*malformed = true;
		return n;
	}
	return recv(fd, at, mine, MSG_DONTWAIT);
}

enum proxy_progress
proxy_receive(struct proxy_reader *r, int fd)
{
	bool malformed = false;
	ssize_t n;

	while (r->header.length == 0 || r->taken < r->header.length) {
		n = r->header.length == 0 ? look(r, fd, &malformed)
		                          : skip(r, fd);
		if (malformed)
			return PROXY_MALFORMED;
		if (n == 0)
			return PROXY_CLOSED;
		if (n > 0)
			r->taken += (size_t)n;
		else if (errno == EAGAIN)
			return PROXY_INCOMPLETE;
		else if (errno != EINTR)
			return PROXY_FAILED;
	}
	return PROXY_COMPLETE;
}

enum proxy_progress
proxy_wait(struct proxy_reader *r, int fd, deadline when)
{
	enum proxy_progress progress;

	while ((progress = proxy_receive(r, fd)) == PROXY_INCOMPLETE)
		if (deadline_wait(fd, POLLIN, when, -1) == -1)
			return PROXY_FAILED;
	return progress;
}
