/*
 * pingtlsd(8): answers PING with PONG and upgrades to TLS on STARTTLS.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "credentials.h"
#include "daemonize.h"
#include "listener.h"
#include "manager.h"
#include "options.h"
#include "sandbox.h"
#include "session_log.h"

#define EXIT_USAGE 2

/* Whether the log's way to a person is in truth the peer (inetd(8)). */
static bool
stderr_is_peer(void)
{
	struct stat in, err;

	return fstat(STDIN_FILENO, &in) == 0 && S_ISSOCK(in.st_mode) &&
	       fstat(STDERR_FILENO, &err) == 0 && in.st_dev == err.st_dev &&
	       in.st_ino == err.st_ino;
}

/*
 * Moves the peer's socket off the standard descriptors, which become /dev/null:
 * nothing but the protocol may ever reach it.  Returns it, or -1 with errno.
 */
static int
take_peer(int fd)
{
	bool errors_too = stderr_is_peer();
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

static int
give_up_privileges(const struct account *account)
{
	if (account != NULL && sandbox_become(account) == -1) {
		log_line(LOG_ERR, "cannot become user %s: %s", account->name,
		    strerror(errno));
		return -1;
	}
	if (sandbox_restrict() == -1) {
		log_line(
		    LOG_ERR, "cannot give up privileges: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int
confine(void)
{
	struct sandbox *sandbox = sandbox_new(SANDBOX_SESSION);
	int ret = sandbox == NULL ? -1 : sandbox_enter(sandbox);

	sandbox_free(sandbox);
	return ret;
}

/* inetd, or one instance a connection: the process is the session. */
static int
serve_one(const struct options *o, struct credentials_options *how, int fd)
{
	struct session_result result = {0};
	struct peer peer = {.length = sizeof(peer.address)};
	struct credentials *credentials;
	struct stream *stream;
	char who[ADDRESS_TEXT_MAX];

	peer.began = deadline_now();
	if (getpeername(fd, (struct sockaddr *)&peer.address, &peer.length) ==
	    -1) {
		log_line(LOG_ERR, "the socket to serve is not connected: %s",
		    strerror(errno));
		return EXIT_FAILURE;
	}
	/* Forked before the first octet is read, the keyholder is none of what
	 * a peer may have done to us; it reads keys when STARTTLS comes. */
	how->keyholder.wait = false;
	credentials = credentials_load(how);
	if (credentials == NULL)
		return EXIT_FAILURE;
	/* This line opens the way to the log; the sandbox lets no one open it
	 * later. */
	address_format((struct sockaddr *)&peer.address, peer.length, who);
	log_line(LOG_INFO, "connection from %s", who);
	if (give_up_privileges(how->keyholder.account) == -1 ||
	    keyholder_prepare(credentials_keyholder(credentials)) == -1 ||
	    (stream = stream_new(fd)) == NULL ||
	    (o->sandboxed && confine() == -1)) {
		log_line(LOG_ERR, "cannot serve %s: %s", who, strerror(errno));
		credentials_free(credentials);
		return EXIT_FAILURE;
	}
	session_serve(stream, credentials, &o->session, &result);
	stream_free(stream);
	credentials_free(credentials);
	session_result_clean(&result);
	session_log(&peer, &result, 0);
	return EXIT_SUCCESS;
}

/* Our own listener, on the sockets it was given or binds. */
static int
listen_and_serve(
    const struct options *o, struct credentials_options *how, int passed)
{
	struct credentials *credentials;
	struct listener *listener = NULL;
	struct sockets sockets;
	int ready = -1, ret = EXIT_FAILURE;

	if ((passed > 0 ? sockets_inherit(&sockets, passed)
			: sockets_listen(
			      &sockets, o->listen, o->listen_count)) == -1)
		return EXIT_FAILURE;
	if (o->daemonize && (ready = daemonize_begin()) == -1) {
		log_line(LOG_ERR, "cannot go to the background: %s",
		    strerror(errno));
		goto out;
	}
	credentials = credentials_load(how);
	if (credentials == NULL)
		goto out;
	if (o->pid_file != NULL && daemonize_write_pid(o->pid_file) == -1) {
		log_line(LOG_ERR, "cannot write %s: %s", o->pid_file,
		    strerror(errno));
		credentials_free(credentials);
		goto out;
	}
	if (give_up_privileges(how->keyholder.account) == -1) {
		credentials_free(credentials);
		goto out;
	}
	how->keyholder.account = NULL; /* already become */
	listener = listener_new(o, &sockets, how, credentials);
	if (listener == NULL)
		goto out;
	if (ready != -1 && daemonize_ready(ready) == -1) {
		log_line(LOG_ERR, "cannot go to the background: %s",
		    strerror(errno));
		goto out;
	}
	if (o->daemonize && o->log == LOG_TARGET_AUTO)
		log_open("pingtlsd", LOG_TARGET_SYSLOG, o->log_most);
	sockets_announce(&sockets);
	ret = listener_run(listener);
out:
	listener_free(listener);
	sockets_remove(&sockets);
	if (o->pid_file != NULL && listener != NULL)
		unlink(o->pid_file);
	return ret;
}

int
main(int argc, char *argv[])
{
	enum log_target early =
	    stderr_is_peer() ? LOG_TARGET_SYSLOG : LOG_TARGET_STDERR;
	struct credentials_options how = {.keyholder.wait = true};
	struct account account;
	const char *user;
	struct options o;
	int passed;

	signal(SIGPIPE, SIG_IGN);
	log_open("pingtlsd", early, LOG_INFO);
	switch (options_parse(argc, argv, &o)) {
	case OPTIONS_SHOWN:
		if (fflush(stdout) == 0)
			return EXIT_SUCCESS;
		log_line(LOG_ERR, "cannot write to standard output: %s",
		    strerror(errno));
		return EXIT_FAILURE;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	/* Never to the peer, whatever was asked for. */
	if (early == LOG_TARGET_SYSLOG &&
	    (o.log == LOG_TARGET_AUTO || o.log == LOG_TARGET_STDERR))
		o.log = LOG_TARGET_SYSLOG;
	if (o.log == LOG_TARGET_AUTO && o.inetd && !manager_has_stderr())
		o.log = LOG_TARGET_SYSLOG;
	log_open("pingtlsd", o.log, o.log_most);

	how.keyholder.pairs = o.pairs;
	how.keyholder.count = o.pair_count;
	how.keyholder.sandboxed = o.sandboxed;
	how.priority = o.priority;
	if (geteuid() == 0) {
		user = o.user != NULL ? o.user : SERVICE_USER;
		if (sandbox_account(user, &account) == -1) {
			log_line(LOG_ERR, "user %s: %s", user,
			    errno == ENOENT ? "there is no such user"
					    : strerror(errno));
			return EXIT_FAILURE;
		}
		how.keyholder.account = &account;
	} else if (o.user != NULL) {
		log_line(LOG_ERR,
		    "--user %s: only root can become another user", o.user);
		return EXIT_USAGE;
	}

	if (!o.sandboxed)
		log_line(LOG_WARNING,
		    "--no-sandbox: sessions and keyholder are "
		    "not confined");
	if (o.check_config) {
		struct credentials *credentials = credentials_load(&how);

		if (credentials == NULL)
			return EXIT_FAILURE;
		credentials_free(credentials);
		return EXIT_SUCCESS;
	}
	if (o.inetd) {
		int fd = take_peer(STDIN_FILENO);

		if (fd == -1) {
			log_line(LOG_ERR,
			    "cannot take the socket on standard "
			    "input: %s",
			    strerror(errno));
			return EXIT_FAILURE;
		}
		return serve_one(&o, &how, fd);
	}
	passed = manager_sockets();
	if (passed == -1) {
		log_line(LOG_ERR, "cannot take the sockets passed: %s",
		    strerror(errno));
		return EXIT_FAILURE;
	}
	if (passed > 0 && o.listen_count > 0) {
		log_line(LOG_ERR,
		    "--listen %s: sockets were passed by the "
		    "service manager, too; which are meant?",
		    o.listen[0]);
		return EXIT_USAGE;
	}
	if (passed == 1 && sockets_is_connected(MANAGER_FIRST_SOCKET))
		return serve_one(&o, &how, MANAGER_FIRST_SOCKET);
	if (passed == 0 && o.listen_count == 0 &&
	    sockets_is_connected(STDIN_FILENO)) {
		log_line(LOG_ERR, "standard input is a connected socket; say "
				  "--inetd to serve it");
		return EXIT_USAGE;
	}
	return listen_and_serve(&o, &how, passed);
}
