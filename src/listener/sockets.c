#include "listener/sockets.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "log/log.h"
#include "log/systemd.h"

/* True if it is a stream socket, and listens if and only if `listening`. */
static bool
is_stream(int fd, bool listening)
{
	int type = 0, listens = 0;
	socklen_t length = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
	       type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) ==
	           0 &&
	       (listens != 0) == listening;
}

int
sockets_inherit(struct sockets *s, int count)
{
	s->count = 0;
	if (count > SOCKETS_MAX) {
		log_line(LOG_ERR, "%d sockets passed, more than %d", count,
		    SOCKETS_MAX);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		int fd = SYSTEMD_FIRST_SOCKET + i, flags;

		flags = fcntl(fd, F_GETFL);
		if (!is_stream(fd, true) || flags == -1 ||
		    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
			log_line(LOG_ERR,
			    "the socket passed as descriptor %d "
			    "is no listening stream socket",
			    fd);
			return -1;
		}
		s->fds[i] = fd;
		s->paths[i] = NULL;
		s->count++;
	}
	return 0;
}

bool
sockets_is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

bool
sockets_is_connection(int fd)
{
	return is_stream(fd, false);
}

void
sockets_announce(const struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct sockaddr_storage address;
		socklen_t length = sizeof(address);
		char shown[ADDRESS_TEXT_MAX];

		if (getsockname(
			s->fds[i], (struct sockaddr *)&address, &length) == -1)
			continue;
		address_format((struct sockaddr *)&address, length, shown);
		log_line(LOG_INFO, "listening on %s", shown);
	}
}

void
sockets_close(struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++) {
		close(s->fds[i]);
		free(s->paths[i]);
	}
	s->count = 0;
}

void
sockets_remove(struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->paths[i] != NULL)
			unlink(s->paths[i]);
	sockets_close(s);
}
