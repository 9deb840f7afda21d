/*
 * pingtlsd(8): answers PING with PONG and upgrades to TLS on STARTTLS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "confine/account.h"
#include "confine/sandbox.h"
#include "credentials/credentials.h"
#include "listener/listener.h"
#include "log/systemd.h"
#include "server/daemonize.h"
#include "server/inetd.h"
#include "server/options.h"

#define EXIT_USAGE 2

/* Runs the listener on the sockets passed by systemd or bound here. */
static int
listen_and_serve(
    const struct options *o, struct credentials_options *how, int passed)
{
	struct credentials *credentials;
	struct listener *listener = NULL;
	struct sockets sockets;
	char why[SANDBOX_WHY_MAX];
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
	if (sandbox_give_up_privileges(how->keyholder.account, why) == -1) {
		log_line(LOG_ERR, "%s", why);
		credentials_free(credentials);
		goto out;
	}
	how->keyholder.account = NULL; /* already become */
	listener = listener_new(&o->listener, &sockets, how, credentials);
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

/* Finds the account to change to if started as root: --user or SERVICE_USER.
 * Returns 0, with NULL in `found` if not root, or the exit status after
 * logging. */
static int
find_account(const struct options *o, struct account *account,
    const struct account **found)
{
	const char *user = o->user != NULL ? o->user : SERVICE_USER;

	*found = NULL;
	if (geteuid() != 0) {
		if (o->user == NULL)
			return 0;
		log_line(LOG_ERR,
		    "--user %s: only root can become another user", o->user);
		return EXIT_USAGE;
	}
	/* The listener reopens files on reload, so it needs the user's
	 * supplementary groups. */
	if ((o->inetd ? account_find(user, account)
		      : account_find_with_groups(user, account)) == -1) {
		log_line(LOG_ERR, "user %s: %s", user,
		    errno == ENOENT ? "there is no such user"
				    : strerror(errno));
		return EXIT_FAILURE;
	}
	*found = account;
	return 0;
}

/* Determines the way to run, by the options and the environment, and runs.
 * Returns the exit status. */
static int
choose_way(const struct options *o, struct credentials_options *how)
{
	int passed;

	if (o->inetd)
		return inetd_run(o, how, STDIN_FILENO);
	passed = systemd_sockets();
	if (passed == -1) {
		log_line(LOG_ERR, "cannot take the sockets passed: %s",
		    strerror(errno));
		return EXIT_FAILURE;
	}
	if (passed > 0 && o->listen_count > 0) {
		log_line(LOG_ERR,
		    "--listen %s: sockets were passed by the "
		    "service manager, too; which are meant?",
		    o->listen[0]);
		return EXIT_USAGE;
	}
	if (passed == 1 && sockets_is_connected(SYSTEMD_FIRST_SOCKET))
		return inetd_run(o, how, SYSTEMD_FIRST_SOCKET);
	if (passed == 0 && o->listen_count == 0 &&
	    sockets_is_connected(STDIN_FILENO)) {
		log_line(LOG_ERR, "standard input is a connected socket; say "
				  "--inetd to serve it");
		return EXIT_USAGE;
	}
	return listen_and_serve(o, how, passed);
}

/* --check-config: loads keys and certificates, and exits. */
static int
check_config(const struct credentials_options *how)
{
	struct credentials *credentials = credentials_load(how);

	if (credentials == NULL)
		return EXIT_FAILURE;
	credentials_free(credentials);
	return EXIT_SUCCESS;
}

static int
run(struct options *o)
{
	struct credentials_options how = {
	    .keyholder =
		{
		    .pairs = o->pairs,
		    .count = o->pair_count,
		    .wait = true,
		    .sandboxed = o->listener.sandboxed,
		},
	    .priority = o->priority,
	    .oldest = o->oldest_tls,
	    .clients = o->clients,
	    .tickets = o->tickets,
	};
	struct account account;
	int status = find_account(o, &account, &how.keyholder.account);

	if (status != 0)
		return status;
	if (!o->listener.sandboxed)
		log_line(LOG_WARNING,
		    "--no-sandbox: sessions and keyholder are "
		    "not confined");
	return o->check_config ? check_config(&how) : choose_way(o, &how);
}

/* Opens the log as the options say, but never on a socket to the peer. */
static void
open_log(struct options *o, bool stderr_is_peer)
{
	if (stderr_is_peer &&
	    (o->log == LOG_TARGET_AUTO || o->log == LOG_TARGET_STDERR))
		o->log = LOG_TARGET_SYSLOG;
	if (o->log == LOG_TARGET_AUTO && o->inetd && !systemd_has_stderr())
		o->log = LOG_TARGET_SYSLOG;
	log_open("pingtlsd", o->log, o->log_most);
}

static int
show_what_was_asked(void)
{
	if (fflush(stdout) == 0)
		return EXIT_SUCCESS;
	log_line(
	    LOG_ERR, "cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
	int error = descriptors_reserve_standard() == -1 ? errno : 0;
	bool stderr_is_peer = inetd_stderr_is_peer();
	struct options o;
	int status;

	signal(SIGPIPE, SIG_IGN);
	/* If it was inherited as ignored, children could not be waited for
	 * (wait(2)). */
	signal(SIGCHLD, SIG_DFL);
	log_open("pingtlsd",
	    stderr_is_peer ? LOG_TARGET_SYSLOG : LOG_TARGET_STDERR, LOG_INFO);
	if (error != 0) {
		log_line(LOG_ERR, "cannot open /dev/null: %s", strerror(error));
		return EXIT_FAILURE;
	}
	switch (options_parse(argc, argv, &o)) {
	case COMMAND_LINE_SHOWN:
		status = show_what_was_asked();
		break;
	case COMMAND_LINE_WRONG:
		status = EXIT_USAGE;
		break;
	default:
		open_log(&o, stderr_is_peer);
		status = run(&o);
	}
	options_free(&o);
	return status;
}
