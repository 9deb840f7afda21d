/*
 * The interface to systemd: socket activation, notification, watchdog and
 * journal.  In a build without libsystemd the functions do nothing.
 */
#ifndef PINGTLS_SYSTEMD_H
#define PINGTLS_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* The first descriptor passed (sd_listen_fds(3)). */
#define SYSTEMD_FIRST_SOCKET 3

/*
 * Returns the number of sockets passed, from SYSTEMD_FIRST_SOCKET on, or -1
 * with errno.  Makes them close-on-exec and unsets the environment variables.
 */
int systemd_sockets(void);

/*
 * Sends a notification as sd_notify(3) does, several assignments separated by
 * newlines.  Does nothing if systemd expects none.
 */
void systemd_notify(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * The interval at which to send "WATCHDOG=1", in milliseconds: half the timeout
 * (sd_watchdog_enabled(3)).  0: there is no watchdog.
 */
int64_t systemd_watchdog_ms(void);

/* True if standard error is connected to the journal (systemd.exec(5),
 * JOURNAL_STREAM). */
bool systemd_has_stderr(void);

/* True if systemd_journal() can be used. */
bool systemd_has_journal(void);

/* Writes a journal entry (sd_journal_sendv(3)).  Returns 0, or -1 with errno.
 */
int systemd_journal(const struct iovec *items, int count);

#endif
