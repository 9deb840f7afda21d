/*
 * systemd, the service manager: the sockets that it passes, and notifications.
 *
 * sd_notify(3) and sd_journal_sendv(3) wait for the reader, which cannot be
 * prevented.  Each sends one datagram in a documented format, so that is done
 * here and in log.c, without waiting.  libsystemd does the rest.
 */
#ifndef PINGTLS_SYSTEMD_H
#define PINGTLS_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* The first descriptor passed (sd_listen_fds(3)). */
#define SYSTEMD_FIRST_SOCKET 3

/* True if the environment says that sockets are passed to this process. */
bool systemd_passes_sockets(void);

/*
 * Makes the sockets that were passed, from SYSTEMD_FIRST_SOCKET on,
 * close-on-exec, and clears the environment variables that describe them.
 * Returns their number, or -1 with errno.  Sockets that were passed to another
 * process are not counted, with a warning.
 */
int systemd_sockets(void);

/*
 * Notifies the service manager of `state`: assignments as in sd_notify(3),
 * separated by LF.  Without a manager it does nothing.  Returns 0, or -1 with
 * errno: EAGAIN if it would have to wait.
 */
int systemd_notify(const char *state);

/*
 * The interval of "WATCHDOG=1" in milliseconds: half of the manager's timeout
 * (sd_watchdog_enabled(3)); 0 if it has none.
 */
int64_t systemd_watchdog_ms(void);

/* True if standard error leads to the journal (systemd.exec(5),
 * JOURNAL_STREAM). */
bool systemd_has_stderr(void);

#endif
