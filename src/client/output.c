#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/printable.h"

void
output_open(struct output *o, int given, struct control *control)
{
	char path[32];
	struct stat status;

	*o = (struct output){.fd = given, .given = given, .control = control};
	if (fstat(given, &status) == -1)
		return;
	o->is_socket = S_ISSOCK(status.st_mode);
	if (!S_ISFIFO(status.st_mode) && !isatty(given))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", given);
	o->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	o->may_block = o->fd == -1;
	if (o->may_block)
		o->fd = given;
}

void
output_close(struct output *o)
{
	if (o->fd != o->given)
		close(o->fd);
}

/* Waits until the descriptor is writable or the run ends.  Returns 0, or -1
 * with errno. */
static int
wait_for_room(struct output *o)
{
	struct pollfd now = {.fd = o->fd, .events = POLLOUT};
	struct control *c = o->control;

	/* After its deadline deadline_wait() does not poll. */
	if (poll(&now, 1, 0) == 1)
		return 0;
	while (deadline_wait(o->fd, POLLOUT, deadline_earlier(c->end, c->grace),
		   c->signals) == -1) {
		if (errno != ECANCELED)
			return -1;
		control_take(c);
	}
	return 0;
}

static ssize_t
write_some(struct output *o, const char *data, size_t size)
{
	if (o->is_socket)
		return send(o->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (o->may_block) {
		if (wait_for_room(o) == -1)
			return -1;
		/* A pipe that is writable has at least this much space
		 * (pipe(7)). */
		if (size > PIPE_BUF)
			size = PIPE_BUF;
	}
	return write(o->fd, data, size);
}

int
output_write(struct output *o, const char *data, size_t size)
{
	while (size > 0 && o->error == 0) {
		ssize_t n = write_some(o, data, size);

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno != EINTR &&
			   (errno != EAGAIN || wait_for_room(o) == -1))
			o->error = errno;
	}
	errno = o->error;
	return o->error == 0 ? 0 : -1;
}

int
output_text(struct output *o, const char *format, ...)
{
	char text[OUTPUT_LINE_MAX];
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (n < 0)
		return -1;
	return output_write(o, text, strlen(text));
}

int
output_line(struct output *o, const char *format, ...)
{
	char line[OUTPUT_LINE_MAX];
	size_t most = sizeof(line) - 1;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line, most, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -1;
	printable_mark_cut(line, most, (size_t)n);
	printable(line);
	strcat(line, "\n");
	return output_write(o, line, strlen(line));
}
