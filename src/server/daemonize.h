/*
 * Daemonizing in the System V way (daemon(7), "SysV Daemons"): the command
 * returns once the service is ready, with its exit status.
 */
#ifndef PINGTLS_DAEMONIZE_H
#define PINGTLS_DAEMONIZE_H

/*
 * Forks.  The child becomes a session leader, changes to "/" and returns.  The
 * parent waits until the child calls daemonize_ready() or exits, and exits with
 * status 0 or the child's.
 *
 * Returns a descriptor for daemonize_ready(), only in the child, or -1 with
 * errno.
 */
int daemonize_begin(void);

/*
 * Redirects standard error to where standard input is, and makes the parent
 * exit.  Returns 0, or -1 with errno.
 */
int daemonize_ready(int descriptor);

/*
 * Replaces `file`, even if it is a symbolic link, by one with this process's id
 * and a LF, which everyone can read.  Returns 0, or -1 with errno.
 */
int daemonize_write_pid(const char *file);

#endif
