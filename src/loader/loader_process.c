/*
 * The loader process, which forks a child for each job.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/deadline.h"
#include "base/descriptors.h"
#include "confine/sandbox.h"
#include "loader/job.h"
#include "loader/loader_wire.h"
#include "log/log.h"

/* The exporter, which reads the metrics, runs as another user. */
#define METRICS_MODE 0644

/* For children that end with the listener. */
#define END_MS 1000

struct loader_state {
	const struct loader_options *options;
	int socket;  /* to the listener */
	int signals; /* signalfd(2) of SIGCHLD */
	struct job load, metrics;
};

static void
relay(int priority, const char *line, int socket)
{
	struct loader_reply reply; /* of which little is sent */
	size_t size = strnlen(line, LOG_LINE_MAX - 1);

	reply.kind = LOADER_LINE;
	reply.priority = (uint32_t)priority;
	memcpy(reply.u.line, line, size);
	(void)send(socket, &reply, LOADER_REPLY_HEAD + size,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
loader_relay_lines(int socket)
{
	log_relay(relay, socket);
}

/* Handles a request to load, and closes its channel in this process.  Errors
 * are reported over the channel. */
static void
begin_load(struct loader_state *s, int channel)
{
	int done;

	/* The listener asks for one load at a time, but may have seen the end
	 * of the one before a moment earlier. */
	job_wait(&s->load);
	if (s->load.pipe != -1) {
		relay(LOG_ERR,
		    "cannot load certificates and keys: an earlier load still "
		    "waits for a file",
		    channel);
		close(channel);
		return;
	}
	switch (job_fork(&s->load, &done)) {
	case 0:
		load_process(channel, done, s->options->credentials);
	case -1:
		relay(LOG_ERR,
		    "cannot load certificates and keys: no process "
		    "can be forked",
		    channel);
		break;
	default:
		break;
	}
	close(channel);
}

static void
write_metrics(struct loader_state *s, const char *text, size_t size)
{
	const char *file = s->options->metrics_file;
	int done;

	/* While one hangs, the next are dropped: they are made every second. */
	if (file == NULL || s->metrics.pipe != -1)
		return;
	switch (job_fork(&s->metrics, &done)) {
	case 0:
		if (atomic_file_write(file, text, size, METRICS_MODE) == -1)
			log_line(LOG_ERR, "cannot write %s: %s", file,
			    strerror(errno));
		_exit(EXIT_SUCCESS);
	case -1:
		log_line(LOG_ERR, "cannot write %s: %s", file, strerror(errno));
		break;
	default:
		break;
	}
}

static void
remove_sockets(const struct loader_options *o)
{
	for (size_t i = 0; i < o->listen_count; i++)
		if (o->listen[i][0] == '/')
			unlink(o->listen[i]);
}

/*
 * Receives the next request and its descriptor, or -1.  Returns the size of its
 * text, or -1 at end of file.
 */
static ssize_t
receive_loader_request(
    int socket, struct loader_request *request, int *descriptor)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control;
	/* cppcheck-suppress ctuuninitvar ; it is received into */
	struct iovec iov = {request, sizeof(*request)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets),
	};
	const size_t head = offsetof(struct loader_request, text);
	struct cmsghdr *c;
	ssize_t n;

	*descriptor = -1;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	/* There is room for one descriptor; the kernel closes any more. */
	if (n != -1 && (c = CMSG_FIRSTHDR(&message)) != NULL &&
	    c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(descriptor, CMSG_DATA(c), sizeof(int));
	if (n < (ssize_t)head)
		return -1;
	return n - (ssize_t)head;
}

/* Serves one request.  Returns false at the end. */
static bool
serve_request(struct loader_state *s)
{
	struct loader_request request;
	int descriptor;
	ssize_t size = receive_loader_request(s->socket, &request, &descriptor);

	if (size == -1)
		return false;
	if (request.kind == LOADER_LOAD && descriptor != -1) {
		begin_load(s, descriptor); /* which closes it */
		return true;
	}
	if (descriptor != -1)
		close(descriptor);
	switch (request.kind) {
	case LOADER_WRITE_METRICS:
		write_metrics(s, request.text, (size_t)size);
		break;
	case LOADER_REMOVE_SOCKETS:
		remove_sockets(s->options);
		break;
	case LOADER_REMOVE_PID_FILE:
		if (s->options->pid_file != NULL)
			unlink(s->options->pid_file);
		break;
	}
	return true;
}

/* Handles the end of a child, which may have been a keyholder. */
static void
note_end(struct loader_state *s, pid_t pid, int status)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool loading = false;

	/* The end of a load is reported over its channel.  That it was done may
	 * not have been noticed yet. */
	if (pid == s->load.pid) {
		job_look_after(&s->load, POLLHUP);
		loading = !s->load.done;
	}
	if (signal != 0 && pid == s->metrics.pid)
		log_line(LOG_ERR,
		    "cannot write %s: its process was ended by signal %d (%s)",
		    s->options->metrics_file, signal,
		    sandbox_signal_text(signal));
	else if (signal != 0 && !loading)
		log_line(LOG_ERR, "the keyholder was ended by signal %d (%s)",
		    signal, sandbox_signal_text(signal));
	if (pid == s->load.pid)
		s->load.pid = 0;
	if (pid == s->metrics.pid)
		s->metrics.pid = 0;
}

/* Returns true if there are children left. */
static bool
reap(struct loader_state *s)
{
	struct signalfd_siginfo ignored;
	pid_t pid;
	int status;

	while (read(s->signals, &ignored, sizeof(ignored)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(s, pid, status);
	return pid == 0;
}

/* Waits a moment for all children to end: an interrupted write would leave its
 * temporary file, and systemd logs that it kills processes that are left. */
static void
wait_for_children(struct loader_state *s)
{
	deadline when = deadline_in(END_MS);

	while (reap(s) && deadline_wait(s->signals, POLLIN, when, -1) == 1)
		;
}

static deadline
next_deadline(const struct loader_state *s)
{
	return deadline_earlier(
	    s->load.pipe == -1 ? DEADLINE_NEVER : s->load.when,
	    s->metrics.pipe == -1 ? DEADLINE_NEVER : s->metrics.when);
}

/* Closes all descriptors but the loader's socket, and prevents gaining
 * privileges. */
static void
begin_service(struct loader_state *s)
{
	sigset_t set;
	char why[SANDBOX_WHY_MAX];

	prctl(PR_SET_NAME, "pingtlsd-loader");
	descriptors_drop_standard();
	descriptors_keep(&s->socket, 1);
	loader_relay_lines(s->socket);
	if (sandbox_give_up_privileges(NULL, why) == -1) {
		log_line(LOG_ERR, "%s", why);
		_exit(EXIT_FAILURE);
	}
	/* It ends with the listener, not when a terminal or a service manager
	 * signals the whole group. */
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals == -1) {
		log_line(
		    LOG_ERR, "cannot start the loader: %s", strerror(errno));
		_exit(EXIT_FAILURE);
	}
}

_Noreturn void
loader_process(int socket, const struct loader_options *options)
{
	struct loader_state s = {
	    .options = options,
	    .socket = socket,
	    .load = {.pipe = -1},
	    .metrics = {.pipe = -1},
	};
	bool go_on = true;

	begin_service(&s);
	while (go_on) {
		struct pollfd fds[] = {
		    {.fd = s.socket, .events = POLLIN},
		    {.fd = s.signals, .events = POLLIN},
		    {.fd = s.load.pipe},
		    {.fd = s.metrics.pipe},
		};
		struct timespec left;

		(void)ppoll(
		    fds, 4, deadline_left(next_deadline(&s), &left), NULL);
		(void)reap(&s);
		job_look_after(&s.load, fds[2].revents);
		job_look_after(&s.metrics, fds[3].revents);
		if (fds[0].revents != 0)
			go_on = serve_request(&s);
	}
	job_kill(&s.load);
	wait_for_children(&s);
	job_kill(&s.metrics);
	_exit(EXIT_SUCCESS);
}
