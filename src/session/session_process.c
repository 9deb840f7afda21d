#include "session/session_process.h"

#include <signal.h>
#include <stdlib.h>
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

_Noreturn void
session_process_serve(const struct session_process_options *o, int fd,
    int channel, struct session_result *result)
{
	/* In the order of enum sandbox_place. */
	int fds[] = {fd, channel,
	    o->sandbox == NULL ? -1 : sandbox_descriptor(o->sandbox)};
	struct stream *stream;

	block_signals();
	if (descriptors_place(fds, 3) == -1 ||
	    (stream = stream_new(fds[0], PROTOCOL_LINE_MAX)) == NULL)
		_exit(EXIT_FAILURE);
	if (o->sandbox != NULL) {
		descriptors_drop_standard();
		if (sandbox_enter(o->sandbox, fds[2]) == -1)
			_exit(EXIT_FAILURE);
	}
	signer_set_channel(credentials_signer(o->credentials), fds[1]);
	session_serve(stream, o->credentials, o->session, result);
	/* The kernel frees the rest: doing so here would take time and cause
	 * copy-on-write faults. */
	_exit(EXIT_SUCCESS);
}
