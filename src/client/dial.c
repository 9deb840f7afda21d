#include "client/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/printable.h"

static void __attribute__((format(printf, 2, 3)))
add_cause(struct dial *d, const char *format, ...)
{
	va_list arguments;
	int n;

	if (d->used >= sizeof(d->why))
		return;
	va_start(arguments, format);
	n = vsnprintf(
	    d->why + d->used, sizeof(d->why) - d->used, format, arguments);
	va_end(arguments);
	d->used += (size_t)n;
	printable_mark_cut(d->why, sizeof(d->why), d->used);
}

/* Records why the current address failed, and goes on to the next. */
static void
address_failed(struct dial *d, int error)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	d->error = error;
	if (error == ETIMEDOUT)
		add_cause(d, "no answer within %.3f s",
		    (double)(deadline_now() - d->began) / 1e9);
	else
		add_cause(d, "%s", strerror(error));
	d->next++;
}

/* The deadline of the next address, given how many remain. */
static deadline
share(const struct dial *d)
{
	deadline latest = deadline_after(d->began, d->timeout_ms);
	uint32_t left = d->to->count - d->next;

	if (d->end == DEADLINE_NEVER)
		return latest;
	return deadline_earlier(
	    latest, d->began + (d->end - d->began) / (left + 1));
}

static void
name_next(struct dial *d)
{
	const struct resolved_address *a = dial_address(d);
	char shown[ADDRESS_TEXT_MAX];

	address_format((const struct sockaddr *)&a->address, a->length, shown);
	add_cause(d, "%s%s: ", d->used == 0 ? "" : "; ", shown);
}

/* Begins to connect to the next address.  Returns 1, 0 or -1 with errno. */
static int
try_next(struct dial *d)
{
	const struct resolved_address *a = dial_address(d);

	d->fd = socket(a->address.ss_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd == -1)
		return -1;
	if (connect(d->fd, (const struct sockaddr *)&a->address, a->length) ==
	    0)
		return 1;
	return errno == EINPROGRESS ? 0 : -1;
}

/* Tries the addresses from the next on. */
static int
try_remaining(struct dial *d)
{
	while (d->next < d->to->count) {
		int ret;

		d->began = deadline_now();
		name_next(d);
		if (d->began >= d->end) {
			add_cause(d, "not tried");
			d->next++;
			continue;
		}
		d->until = share(d);
		ret = try_next(d);
		if (ret != -1)
			return ret;
		address_failed(d, errno);
	}
	return -1;
}

int
dial_begin(struct dial *d, const struct resolution *to, int64_t timeout_ms,
    deadline end)
{
	d->to = to;
	d->next = 0;
	d->fd = -1;
	d->timeout_ms = timeout_ms;
	d->end = end;
	d->error = ETIMEDOUT;
	d->why[0] = '\0';
	d->used = 0;
	return try_remaining(d);
}

int
dial_continue(struct dial *d)
{
	struct pollfd now = {.fd = d->fd, .events = POLLOUT};
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&now, 1, 0) <= 0) {
		if (deadline_now() < d->until)
			return 0;
		error = ETIMEDOUT;
	} else if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &length) ==
		   -1)
		error = errno;
	if (error == 0)
		return 1;
	address_failed(d, error);
	return try_remaining(d);
}

void
dial_give_up(struct dial *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

const struct resolved_address *
dial_address(const struct dial *d)
{
	return &d->to->found[d->next];
}
