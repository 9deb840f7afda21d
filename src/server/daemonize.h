/*
 * Going to the background in the System V way: the command returns when the
 * service is ready, with its status (daemon(7), "SysV Daemons").
 */
#ifndef PINGTLS_DAEMONIZE_H
#define PINGTLS_DAEMONIZE_H

/*
 * Forks; the child leads a new session, in "/", and goes on.  The parent stays
 * until the child calls daemonize_ready or ends, and exits with status 0 or
 * the child's.
 *
 * Returns in the child only, with a descriptor for daemonize_ready; or -1 with
 * errno.
 */
int daemonize_begin(void);

/*
 * Lets the parent go and leaves its standard descriptors for /dev/null.
 * Returns 0, or -1 with errno.
 */
int daemonize_ready(int descriptor);

/*
 * Writes this process's id and a LF to `file`, replacing what is there.
 * Returns 0, or -1 with errno.
 */
int daemonize_write_pid(const char *file);

#endif
