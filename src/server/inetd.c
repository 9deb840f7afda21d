#include "server/inetd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"
#include "confine/sandbox.h"
#include "listener/pending.h"
#include "listener/proxy_reader.h"
#include "listener/sockets.h"
#include "log/log.h"
#include "session/session_log.h"
#include "stream/protocol.h"

bool
inetd_stderr_is_peer(void)
{
	struct stat in, err;

	return fstat(STDIN_FILENO, &in) == 0 && S_ISSOCK(in.st_mode) &&
	       fstat(STDERR_FILENO, &err) == 0 && in.st_dev == err.st_dev &&
	       in.st_ino == err.st_ino;
}

/*
 * Moves the socket away from the standard descriptors and replaces them by
 * /dev/null, so that only the protocol is ever written to it.  Returns its new
 * descriptor, or -1 with errno.
 */
static int
take_peer(int fd)
{
	bool errors_too = inetd_stderr_is_peer();
	int peer = fcntl(fd, F_DUPFD_CLOEXEC, 3), null;

	if (peer == -1)
		return -1;
	if (fd >= 3) {
		close(fd);
		return peer;
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    (errors_too && dup2(null, 2) == -1))
		return -1;
	close(null);
	return peer;
}

/* If the peer is a trusted proxy, reads the real peer from its PROXY header.
 * Returns true if the peer is to be served, or false after logging why not. */
static bool
ask_proxy(const struct options *o, int fd, struct peer *peer)
{
	struct proxy_reader reader = {0};
	char who[ADDRESS_TEXT_MAX];

	if (!networks_match(
		o->listener.proxies, (struct sockaddr *)&peer->address))
		return true;
	peer_format(peer, who);
	descriptors_read_out_of_band(fd);
	switch (proxy_wait(&reader, fd, deadline_in(PENDING_MS))) {
	case PROXY_COMPLETE:
		if (reader.header.relayed) {
			peer->address = reader.header.source;
			peer->length = reader.header.source_length;
		}
		return true;
	case PROXY_FAILED:
		log_line(LOG_NOTICE, "refused %s: PROXY header: %s", who,
		    strerror(errno));
		return false;
	case PROXY_CLOSED:
		log_line(LOG_NOTICE,
		    "refused %s: its proxy closed within the PROXY header",
		    who);
		return false;
	default:
		log_line(LOG_NOTICE, "refused %s: %s", who,
		    reader.header.too_long
			? "its PROXY header is too long"
			: "what its proxy sent is no PROXY header");
		return false;
	}
}

static int
confine_session(void)
{
	struct sandbox *sandbox = sandbox_new(SANDBOX_INETD);

	return sandbox == NULL
	           ? -1
	           : sandbox_enter(sandbox, sandbox_descriptor(sandbox));
}

/* Opens the only channel to the keyholder: there can be no other afterwards. */
static int
open_only_channel(const struct credentials *credentials)
{
	const struct keyholder *keyholder = credentials_keyholder(credentials);
	int channel = keyholder_open_channel(keyholder);

	keyholder_retire(keyholder);
	return channel;
}

/* Serves the peer; the keyholder has been forked.  Returns 0, or -1 after
 * logging. */
static int
serve_peer(const struct options *o, const struct credentials *credentials,
    int fd, struct peer *peer)
{
	struct session_options options = o->listener.session;
	struct session_result result = {0};
	struct stream *stream;
	char who[ADDRESS_TEXT_MAX];

	if (!ask_proxy(o, fd, peer))
		return 0;
	/* The first line connects to the log, which the sandbox would not
	 * allow later. */
	peer_format(peer, who);
	log_line(LOG_INFO, "connection from %s", who);
	signer_set_channel(
	    credentials_signer(credentials), open_only_channel(credentials));
	if ((stream = stream_new(fd, PROTOCOL_LINE_MAX)) == NULL ||
	    (o->listener.sandboxed && confine_session() == -1)) {
		log_line(LOG_ERR, "cannot serve %s: %s", who, strerror(errno));
		return -1;
	}
	options.keys_unread = true;
	session_serve(stream, credentials, &options, &result);
	stream_free(stream);
	session_result_clean(&result);
	session_log(peer, &result, 0);
	return 0;
}

int
inetd_run(const struct options *o, struct credentials_options *how, int fd)
{
	struct peer peer = {.length = sizeof(peer.address)};
	struct credentials *credentials;
	char why[SANDBOX_WHY_MAX];
	int peer_fd, ret;

	peer.began = deadline_now();
	ret = getpeername(fd, (struct sockaddr *)&peer.address, &peer.length);
	if (ret == -1 && errno == ENOTCONN && sockets_is_connection(fd)) {
		log_line(LOG_INFO, "a client was gone before it was served");
		return EXIT_SUCCESS;
	}
	if (ret == -1 || (peer_fd = take_peer(fd)) == -1) {
		log_line(LOG_ERR, "cannot serve descriptor %d: %s", fd,
		    strerror(errno));
		return EXIT_FAILURE;
	}
	/* The keyholder ends after its one signature, and no one waits for it.
	 */
	signal(SIGCHLD, SIG_IGN);
	/* The keyholder is forked before anything is read from the peer, who
	 * might take this process over.  It reads the keys at STARTTLS. */
	/* A ticket key of this process would be of no use to later ones. */
	how->tickets.generate = false;
	credentials = credentials_load(how);
	if (credentials == NULL)
		return EXIT_FAILURE;
	if (sandbox_give_up_privileges(how->keyholder.account, why) == -1) {
		log_line(LOG_ERR, "%s", why);
		ret = -1;
	} else
		ret = serve_peer(o, credentials, peer_fd, &peer);
	credentials_free(credentials);
	/* exit(3) would run the libraries' destructors, 3 % of the whole time.
	 */
	_exit(ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
