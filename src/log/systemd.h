/*
 * The service manager, systemd: the sockets it passes, what it is told, and its
 * journal.  Every function also exists in a build without libsystemd, where
 * there is never a manager.
 */
#ifndef PINGTLS_SYSTEMD_H
#define PINGTLS_SYSTEMD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* The first descriptor passed (sd_listen_fds(3)). */
#define SYSTEMD_FIRST_SOCKET 3

/*
 * The number of sockets passed, from SYSTEMD_FIRST_SOCKET on, now
 * close-on-exec; the environment that told is cleared.  Returns -1 with errno.
 */
int systemd_sockets(void);

/*
 * Tells the manager, in the terms of sd_notify(3), newlines between.  Nothing
 * happens where there is none.
 */
void systemd_notify(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * How often "WATCHDOG=1" must be sent, in milliseconds: half of what the
 * manager waits (sd_watchdog_enabled(3)).  0: it does not wait.
 */
int64_t systemd_watchdog_ms(void);

/* Whether standard error leads to the journal (systemd.exec(5),
 * JOURNAL_STREAM). */
bool systemd_has_stderr(void);

/* Whether the journal can be written to with fields. */
bool systemd_has_journal(void);

/* Writes an entry (sd_journal_sendv(3)).  Returns 0, or -1 with errno. */
int systemd_journal(const struct iovec *items, int count);

#endif
