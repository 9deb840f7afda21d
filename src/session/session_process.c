#include "session/session_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "stream/protocol.h"

/* A terminal and systemd signal all processes, but only the listener is to act
 * on it; it ends sessions with SIGTERM. */
static void
block_signals(void)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Serves no one, and says why. */
static _Noreturn void
give_up(struct session_result *result, const char *what)
{
	snprintf(
	    result->why, sizeof(result->why), "%s: %s", what, strerror(errno));
	result->end = SESSION_UNSERVED;
	_exit(EXIT_SUCCESS);
}

_Noreturn void
session_process_serve(const struct session_process_options *o, int fd,
    int channel, struct session_result *result)
{
	/* In the order of enum sandbox_place. */
	int fds[] = {fd, channel,
	    o->sandbox == NULL ? -1 : sandbox_descriptor(o->sandbox)};
	struct stream *stream;

	block_signals();
	if (descriptors_place(fds, 3) == -1)
		give_up(result, "cannot place its descriptors");
	if ((stream = stream_new_accepted(fds[0], PROTOCOL_LINE_MAX)) == NULL)
		give_up(result, "cannot use its connection");
	if (o->sandbox != NULL) {
		descriptors_drop_messages();
		if (sandbox_enter(o->sandbox, fds[2]) == -1)
			give_up(result, "cannot enter the sandbox");
	}
	signer_set_channel(credentials_signer(o->credentials), fds[1]);
	session_serve(stream, o->credentials, o->session, result);
	/* The kernel frees the rest: doing so here would take time and cause
	 * copy-on-write faults. */
	_exit(EXIT_SUCCESS);
}
