/*
 * pingtlsd(8): answers PING with PONG and upgrades to TLS on STARTTLS.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "confine/account.h"
#include "confine/sandbox.h"
#include "listener/listener.h"
#include "loader/load.h"
#include "log/systemd.h"
#include "server/daemonize.h"
#include "server/inetd.h"
#include "server/options.h"

#define EXIT_USAGE 2

static struct loader *
start_loader(
    const struct options *o, const struct credentials_options *credentials)
{
	const struct loader_options options = {
	    .credentials = credentials,
	    .metrics_file = o->listener.metrics_file,
	    .pid_file = o->pid_file,
	    .listen = o->listen,
	    .listen_count = o->listen_count,
	};

	return loader_start(&options);
}

static int
open_sockets(struct sockets *sockets, const struct options *o, int passed)
{
	return passed > 0 ? sockets_inherit(sockets, passed)
	                  : sockets_listen(sockets, o->listen, o->listen_count);
}

static sigset_t
ending_signals(void)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	return ending;
}

/* Loads certificates and keys for the first time, until a signal that ends the
 * service waits.  Returns as renewal_start(). */
static int
load_first(struct renewal *renewal, bool passed)
{
	const sigset_t ending = ending_signals();
	int cancel = signalfd(-1, &ending, SFD_CLOEXEC);
	int ret = renewal_start(renewal, passed, cancel);

	if (cancel != -1)
		close(cancel);
	return ret;
}

/* What is left of the start once the sockets are open: certificates and keys,
 * the pid file, and the privileges to give up.  Returns 0, or -1 after logging
 * one line. */
static int
settle_in(const struct options *o, const struct account *account,
    struct renewal *renewal, bool passed)
{
	char why[SANDBOX_WHY_MAX];

	/* If systemd has passed the sockets, it would restart the service at
	 * once and, after a few times, close them for good. */
	if (load_first(renewal, passed) == -1 && !passed)
		return -1;
	if (o->pid_file != NULL && daemonize_write_pid(o->pid_file) == -1) {
		log_line(LOG_ERR, "cannot write %s: %s", o->pid_file,
		    strerror(errno));
		return -1;
	}
	if (sandbox_give_up_privileges(account, why) == 0)
		return 0;
	log_line(LOG_ERR, "%s", why);
	if (o->pid_file != NULL)
		unlink(o->pid_file);
	return -1;
}

/* Lets go of the input and output of whoever started the service, and tells
 * them that it is ready. */
static int
announce(const struct options *o, const struct sockets *sockets, int ready)
{
	if (descriptors_drop_input_and_output() == -1) {
		log_line(LOG_ERR, "cannot open /dev/null: %s", strerror(errno));
		return -1;
	}
	if (ready != -1 && daemonize_ready(ready) == -1) {
		log_line(LOG_ERR, "cannot go to the background: %s",
		    strerror(errno));
		return -1;
	}
	if (o->daemonize && o->log == LOG_TARGET_AUTO)
		log_open("pingtlsd", LOG_TARGET_SYSLOG, o->log_most);
	sockets_announce(sockets);
	return 0;
}

/* Serves on open sockets.  Returns the exit status. */
static int
serve_sockets(const struct options *o,
    const struct credentials_options *credentials, struct sockets *sockets,
    struct loader *loader, int ready, bool passed)
{
	struct renewal *renewal = renewal_new(loader, credentials);
	struct listener *listener;
	int ret = EXIT_FAILURE;

	if (renewal != NULL && settle_in(o, credentials->keyholder.account,
				   renewal, passed) == 0) {
		listener = listener_new(&o->listener, sockets, loader, renewal);
		if (listener != NULL && announce(o, sockets, ready) == 0)
			ret = listener_run(listener);
		listener_free(listener);
		loader_remove_pid_file(loader);
	}
	renewal_free(renewal);
	return ret;
}

/* Runs the listener on the sockets passed by systemd or bound here. */
static int
listen_and_serve(const struct options *o,
    const struct credentials_options *credentials, int passed)
{
	const sigset_t ending = ending_signals();
	struct sockets sockets;
	struct loader *loader;
	int ready = -1, ret = EXIT_FAILURE;

	if (o->daemonize && (ready = daemonize_begin()) == -1) {
		log_line(LOG_ERR, "cannot go to the background: %s",
		    strerror(errno));
		return EXIT_FAILURE;
	}
	/* Before any socket is opened, so that it inherits none. */
	loader = start_loader(o, credentials);
	if (loader != NULL && open_sockets(&sockets, o, passed) == 0) {
		/* From now on there is something to remove at the end. */
		listener_block_signals();
		ret = serve_sockets(
		    o, credentials, &sockets, loader, ready, passed > 0);
		if (sockets.count > 0) {
			sockets_close(&sockets);
			loader_remove_sockets(loader);
		}
	}
	loader_end(loader);
	/* One that came while the certificates were loaded. */
	if (ret != EXIT_SUCCESS)
		sigprocmask(SIG_UNBLOCK, &ending, NULL);
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
	if (passed == 1 && sockets_is_connection(SYSTEMD_FIRST_SOCKET))
		return inetd_run(o, how, SYSTEMD_FIRST_SOCKET);
	if (passed == 0 && o->listen_count == 0 &&
	    sockets_is_connected(STDIN_FILENO)) {
		log_line(LOG_ERR, "standard input is a connected socket; say "
				  "--inetd to serve it");
		return EXIT_USAGE;
	}
	return listen_and_serve(o, how, passed);
}

/* --check-config: checks addresses, loads keys and certificates, and exits. */
static int
check_config(const struct options *o, struct credentials_options *credentials)
{
	struct loader *loader;
	struct load *load;
	bool good;

	if (sockets_check(o->listen, o->listen_count) == -1)
		return EXIT_FAILURE;
	/* As pingtls.service, which is never root. */
	credentials->keyholder.opened_as_account = true;
	loader = start_loader(o, credentials);
	load = loader == NULL ? NULL : load_begin(loader);
	good = load != NULL && load_wait(load, -1) == LOAD_DONE;
	load_free(load);
	loader_end(loader);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
run_service(struct options *o)
{
	struct credentials_options how = {
	    .keyholder =
		{
		    .pairs = o->pairs,
		    .count = o->pair_count,
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
	return o->check_config ? check_config(o, &how) : choose_way(o, &how);
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

/* Returns false, after an error message on standard error, if --inetd was given
 * where there is no connection, probably by a person at a terminal. */
static bool
may_be_inetd(const struct options *o)
{
	if (!o->inetd || o->check_config || sockets_is_connection(STDIN_FILENO))
		return true;
	log_line(LOG_ERR,
	    "--inetd: standard input is no connected socket; inetd(8) starts a "
	    "server so for each connection; to listen, leave it out");
	return false;
}

/* Signals that come before they can be handled must not end the process. */
static void
prepare_signals(void)
{
	sigset_t later;

	/* Errors of write(2) say the same. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* If our parent ignored it, wait(2) would report no child's end. */
	signal(SIGCHLD, SIG_DFL);
	/* A renewal of certificates may send SIGHUP at any time. */
	sigemptyset(&later);
	sigaddset(&later, SIGHUP);
	sigaddset(&later, SIGUSR1);
	sigprocmask(SIG_BLOCK, &later, NULL);
}

int
main(int argc, char *argv[])
{
	int error = descriptors_reserve_standard() == -1 ? errno : 0;
	bool stderr_is_peer = inetd_stderr_is_peer();
	struct options o;
	int status;

	prepare_signals();
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
		if (!may_be_inetd(&o)) {
			status = EXIT_USAGE;
			break;
		}
		/* If a shell left a pipe open, for example, its reader would
		 * wait until the daemon ends. */
		if (o.daemonize && !systemd_passes_sockets())
			descriptors_keep(NULL, 0);
		open_log(&o, stderr_is_peer);
		status = run_service(&o);
	}
	options_free(&o);
	return status;
}
