#include "loader/load.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loader/loader_wire.h"
#include "log/log.h"

/* The loader kills a helper after LOADER_TIME_MS.  The listener waits a little
 * longer, in case the helper cannot be killed or the loader is stopped. */
#define GIVE_UP_MS (LOADER_TIME_MS + 1000)

struct load {
	int channel;
	deadline late;            /* when the loader kills it, or just before */
	deadline when;            /* from then on it is not waited for */
	bool explained;           /* the reason of its failure was logged */
	char doing[LOG_LINE_MAX]; /* the step that it reported last */
	struct bundle_buffer buffer;
};

struct load *
load_begin(struct loader *loader)
{
	const struct loader_request request = {.kind = LOADER_LOAD};
	struct load *l = calloc(1, sizeof(*l));
	int pair[2] = {-1, -1}, ret = -1;
	/* Taken before the loader hears of it, and begins to count itself. */
	const deadline late = deadline_in(LOADER_TIME_MS);

	if (l != NULL && bundle_buffer_new(&l->buffer) == 0 &&
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
		ret = loader_send(
		    loader, &request, sizeof(request.kind), pair[1]);
	if (ret == -1)
		log_line(LOG_ERR, "cannot load certificates and keys: %s",
		    errno == EPIPE ? "the loader is gone" : strerror(errno));
	if (pair[1] != -1)
		close(pair[1]);
	if (l == NULL)
		return NULL;
	l->channel = pair[0];
	strcpy(l->doing, "waiting for the loader");
	l->late = late;
	l->when = deadline_in(GIVE_UP_MS);
	if (ret == 0)
		return l;
	load_free(l);
	return NULL;
}

void
load_free(struct load *l)
{
	if (l == NULL)
		return;
	if (l->channel != -1)
		close(l->channel);
	bundle_buffer_free(&l->buffer);
	free(l);
}

int
load_fd(const struct load *l)
{
	return l->channel;
}

deadline
load_deadline(const struct load *l)
{
	return l->when;
}

static enum load_progress
fail_load(const struct load *l, const char *why)
{
	if (l->explained)
		return LOAD_FAILED;
	if (deadline_now() >= l->late)
		log_line(LOG_ERR,
		    "cannot load certificates and keys: no end within %d s of "
		    "%.*s",
		    LOADER_TIME_MS / 1000, LOG_LINE_MAX / 2, l->doing);
	else
		log_line(LOG_ERR, "cannot load certificates and keys: %s", why);
	return LOAD_FAILED;
}

static void
take_line(struct load *l, const struct loader_reply *reply)
{
	loader_log(reply);
	if (reply->priority <= LOG_ERR)
		l->explained = true;
	if (reply->priority == LOG_DEBUG)
		snprintf(l->doing, sizeof(l->doing), "%.*s", LOG_LINE_MAX - 1,
		    reply->u.line);
}

/* Handles one reply of `size` octets. */
static enum load_progress
take(struct load *l, const struct loader_reply *reply, size_t size)
{
	size -= LOADER_REPLY_HEAD;
	switch (reply->kind) {
	case LOADER_LINE:
		take_line(l, reply);
		return LOAD_PENDING;
	case LOADER_PART:
		if (size > BUNDLE_MAX - l->buffer.size)
			break;
		memcpy(l->buffer.octets + l->buffer.size, reply->u.part, size);
		l->buffer.size += size;
		return LOAD_PENDING;
	case LOADER_LOADED:
		return LOAD_DONE;
	}
	return fail_load(l, strerror(EBADMSG));
}

enum load_progress
load_continue(struct load *l)
{
	struct loader_reply reply;
	enum load_progress progress = LOAD_PENDING;
	ssize_t n;

	while (progress == LOAD_PENDING &&
	       (n = loader_receive(l->channel, &reply)) > 0)
		progress = take(l, &reply, (size_t)n);
	if (progress != LOAD_PENDING ||
	    (n == -1 && errno == EAGAIN && deadline_now() < l->when))
		return progress;
	return fail_load(l, n == 0 ? "its process ended" : strerror(errno));
}

enum load_progress
load_wait(struct load *l, int cancel_fd)
{
	enum load_progress progress;

	do {
		if (deadline_wait(l->channel, POLLIN, l->when, cancel_fd) ==
			-1 &&
		    errno == ECANCELED)
			return LOAD_FAILED;
		progress = load_continue(l);
	} while (progress == LOAD_PENDING);
	return progress;
}

int
load_bundle(const struct load *l, struct bundle *bundle)
{
	int ret = bundle_parse(bundle, l->buffer.octets, l->buffer.size);

	if (ret == -1)
		log_line(LOG_ERR, "cannot load certificates and keys: %s",
		    strerror(errno));
	return ret;
}

int
load_take_keyholder(struct load *l)
{
	int control = l->channel;

	l->channel = -1;
	return control;
}
