/*
 * A stage: the other end of a stream, played from a script.
 */
#include "stage.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/deadline.h"
#include "fuzz.h"
#include "script.h"

/* A step of the clock, so that a loop that looks at it comes to an end. */
#define TICK_NS 1000
/* More waits than this for an input is waiting without end. */
#define MOST_WAITS 100000
/* For who is not on the stage: the keyholder. */
#define OTHERS_MS 10000

static struct stage stage;
static int theirs = -1;
static struct script script;
static struct step step;
static size_t done; /* octets of the step that have been sent */
static unsigned int waits;
static deadline now;

/* What the linker makes of the names in deadline.h. */
int __wrap_deadline_wait(int fd, short events, deadline when, int cancel_fd);
int64_t __wrap_deadline_now(void);
deadline __wrap_deadline_in(int64_t ms);
int __real_deadline_wait(int fd, short events, deadline when, int cancel_fd);
deadline __real_deadline_in(int64_t ms);

int64_t
__wrap_deadline_now(void)
{
	return now += TICK_NS;
}

deadline
__wrap_deadline_in(int64_t ms)
{
	return ms == 0 ? DEADLINE_NEVER : __wrap_deadline_now() + ms * 1000000;
}

/* Takes steps until the other side is to have a look.  Returns false when the
 * script is over. */
static bool
go_on(void)
{
	bool joined = false;

	do {
		if (done == step.length) {
			done = 0;
			if (!script_next(&script, &step))
				return false;
			joined = step.operation == 'a';
		}
		if (step.operation == 0)
			done += actor_say(
			    &stage.actor, step.text + done, step.length - done);
		else
			actor_do(&stage.actor, step.operation);
	} while (joined);
	return true;
}

/* Lets time pass until `when`. */
static int
pass_time(deadline when)
{
	if (now < when)
		now = when;
	/* Time that passes behind close_notify, which is read before anyone
	 * waits, is no one's but the close's; unless who sends was stuck. */
	if (!stage.late && (!stage.actor.parted || stage.actor.was_deaf)) {
		stage.late = true;
		stage.sent_in_time = stage.actor.sent.length;
		stage.said_in_time = stage.actor.said.length;
	}
	errno = ETIMEDOUT;
	return -1;
}

int
__wrap_deadline_wait(int fd, short events, deadline when, int cancel_fd)
{
	struct pollfd ready = {.fd = fd, .events = events};

	if (fd == -1)
		return pass_time(when);
	if (fd != theirs)
		return __real_deadline_wait(
		    fd, events, __real_deadline_in(OTHERS_MS), -1);
	for (;;) {
		FUZZ_REQUIRE(++waits < MOST_WAITS);
		if (__wrap_deadline_now() >= when) {
			errno = ETIMEDOUT;
			return -1;
		}
		actor_hear(&stage.actor);
		if (poll(&ready, 1, 0) == 1)
			return 1;
		/* Where both ends wait for ever there is nothing to see. */
		if (!go_on())
			actor_close(&stage.actor);
		else if (step.operation == 'w' && when != DEADLINE_NEVER)
			return pass_time(when);
		else if (step.operation == 'i' && cancel_fd != -1) {
			errno = ECANCELED;
			return -1;
		}
	}
}

const struct stage *
stage_look(void)
{
	return &stage;
}

int
stage_open(const uint8_t *text, size_t size, unsigned int role,
    gnutls_certificate_credentials_t credentials)
{
	int fds[2], least = 0;

	FUZZ_REQUIRE(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	/* So that a few replies that are not read are too many. */
	FUZZ_REQUIRE(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &least,
			 sizeof(least)) == 0);
	actor_enter(&stage.actor, fds[0], role, credentials);
	stage.late = false;
	theirs = fds[1];
	script = (struct script){text, text + size};
	step.operation = 0;
	step.length = done = 0;
	waits = 0;
	now = 0;
	return theirs;
}

void
stage_end(void)
{
	actor_hear_out(&stage.actor);
}

void
stage_close(void)
{
	actor_leave(&stage.actor);
	theirs = -1;
}
