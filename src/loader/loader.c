#include "loader/loader.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/descriptors.h"
#include "loader/loader_wire.h"
#include "log/log.h"

/* For removing two or three files at the end, and for the end of its children,
 * to which the loader gives half of it. */
#define END_MS 2000

struct loader {
	int socket; /* -1: the loader is gone */
	pid_t pid;
	bool ending;
};

struct loader *
loader_start(const struct loader_options *options)
{
	struct loader *l = calloc(1, sizeof(*l));
	int pair[2];
	pid_t pid = -1;

	if (l != NULL &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
		pid = fork();
		if (pid == 0)
			loader_process(pair[1], options);
		close(pair[1]);
		if (pid == -1)
			close(pair[0]);
	}
	if (pid == -1) {
		log_line(
		    LOG_ERR, "cannot start the loader: %s", strerror(errno));
		free(l);
		return NULL;
	}
	l->socket = pair[0];
	l->pid = pid;
	return l;
}

int
loader_fd(const struct loader *l)
{
	return l->socket;
}

ssize_t
loader_receive(int socket, struct loader_reply *reply)
{
	ssize_t n;

	do
		n = recv(socket, reply, sizeof(*reply), MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0 && (size_t)n < LOADER_REPLY_HEAD) {
		errno = EBADMSG;
		return -1;
	}
	/* A line ends with its packet. */
	if (n > 0 && (size_t)n < sizeof(*reply))
		((char *)reply)[n] = '\0';
	return n;
}

void
loader_log(const struct loader_reply *reply)
{
	log_line((int)(reply->priority & LOG_PRIMASK), "%.*s", LOG_LINE_MAX - 1,
	    reply->u.line);
}

void
loader_handle(struct loader *l)
{
	struct loader_reply reply;
	ssize_t n;

	while ((n = loader_receive(l->socket, &reply)) > 0)
		if (reply.kind == LOADER_LINE)
			loader_log(&reply);
	if (n == -1 && errno == EAGAIN)
		return;
	close(l->socket);
	l->socket = -1;
	if (!l->ending)
		log_line(LOG_CRIT, "the loader is gone: until a restart, no "
				   "certificate or key can be loaded");
}

void
loader_end(struct loader *l)
{
	deadline when = deadline_in(END_MS);

	if (l == NULL)
		return;
	l->ending = true;
	if (l->socket != -1)
		shutdown(l->socket, SHUT_WR);
	while (
	    l->socket != -1 && deadline_wait(l->socket, POLLIN, when, -1) == 1)
		loader_handle(l);
	if (l->socket != -1)
		close(l->socket);
	else
		/* It is about to be gone, unless it has been waited for. */
		(void)waitpid(l->pid, NULL, 0);
	free(l);
}

int
loader_send(struct loader *l, const struct loader_request *request, size_t size,
    int descriptor)
{
	if (l->socket != -1)
		return descriptors_send(l->socket, request, size, descriptor);
	errno = EPIPE;
	return -1;
}

static void
send_simple_request(struct loader *l, enum loader_request_kind kind)
{
	const struct loader_request request = {.kind = kind};

	(void)loader_send(l, &request, sizeof(request.kind), -1);
}

void
loader_remove_sockets(struct loader *l)
{
	send_simple_request(l, LOADER_REMOVE_SOCKETS);
}

void
loader_remove_pid_file(struct loader *l)
{
	send_simple_request(l, LOADER_REMOVE_PID_FILE);
}

int
loader_write_metrics(struct loader *l, const char *text, size_t size)
{
	struct loader_request request = {.kind = LOADER_WRITE_METRICS};

	if (size > sizeof(request.text)) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(request.text, text, size);
	return loader_send(
	    l, &request, offsetof(struct loader_request, text) + size, -1);
}
