/*
 * The service manager, systemd.
 */
#include "manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBSYSTEMD

/* Our entries are about the service, not about this file's lines. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

_Static_assert(
    MANAGER_FIRST_SOCKET == SD_LISTEN_FDS_START, "sd_listen_fds(3) says 3");

int
manager_sockets(void)
{
	int n = sd_listen_fds(1);

	if (n < 0) {
		errno = -n;
		return -1;
	}
	return n;
}

void
manager_notify(const char *format, ...)
{
	va_list arguments;
	char *state;

	va_start(arguments, format);
	if (vasprintf(&state, format, arguments) >= 0) {
		sd_notify(0, state);
		free(state);
	}
	va_end(arguments);
}

int64_t
manager_watchdog_ms(void)
{
	uint64_t us;

	return sd_watchdog_enabled(0, &us) > 0 ? (int64_t)(us / 2000) : 0;
}

bool
manager_has_journal(void)
{
	return access("/run/systemd/journal/socket", W_OK) == 0;
}

int
manager_journal(const struct iovec *items, int count)
{
	int ret = sd_journal_sendv(items, count);

	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return 0;
}

#else

int
manager_sockets(void)
{
	return 0;
}

void
manager_notify(const char *format, ...)
{
	(void)format;
}

int64_t
manager_watchdog_ms(void)
{
	return 0;
}

bool
manager_has_journal(void)
{
	return false;
}

int
manager_journal(const struct iovec *items, int count)
{
	(void)items;
	(void)count;
	errno = ENOSYS;
	return -1;
}

#endif

bool
manager_has_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream != NULL &&
	       sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}
