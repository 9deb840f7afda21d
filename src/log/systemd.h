/*
 * systemd, the service manager: the sockets it passes, and what it is told.
 *
 * sd_notify(3) and sd_journal_sendv(3) wait for whoever reads, and cannot be
 * told not to; what they send is documented, one datagram each, and sent here
 * and in log.c without a wait.  libsystemd does the rest.
 */
#ifndef PINGTLS_SYSTEMD_H
#define PINGTLS_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>

/* The first descriptor passed (sd_listen_fds(3)). */
#define SYSTEMD_FIRST_SOCKET 3

/*
 * The number of sockets passed, from SYSTEMD_FIRST_SOCKET on, now
 * close-on-exec; the environment that told is cleared.  Those that are another
 * process's are warned of and not counted.  Returns -1 with errno.
 */
int systemd_sockets(void);

/*
 * Tells the manager `state`, in the terms of sd_notify(3), newlines between.
 * Nothing happens where there is none.  Returns 0, or -1 with errno: EAGAIN if
 * it would have to wait.
 */
int systemd_notify(const char *state);

/*
 * How often "WATCHDOG=1" must be sent, in milliseconds: half of what the
 * manager waits (sd_watchdog_enabled(3)).  0: it does not wait.
 */
int64_t systemd_watchdog_ms(void);

/* True if standard error leads to the journal (systemd.exec(5),
 * JOURNAL_STREAM). */
bool systemd_has_stderr(void);

#endif
