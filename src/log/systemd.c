#include "log/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBSYSTEMD

#include <dlfcn.h>

/* Without CODE_FILE and CODE_LINE, which would name this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

_Static_assert(
    SYSTEMD_FIRST_SOCKET == SD_LISTEN_FDS_START, "sd_listen_fds(3) says 3");

/*
 * Loaded only when the environment shows that systemd is there.  Linked, the
 * library and the five that it needs would cost 0.6 ms at each start under
 * inetd, and 40 us at each fork for the additional mappings.
 */
static const char library_name[] = "libsystemd.so.0";
static struct {
	__typeof__(sd_listen_fds) *listen_fds;
	__typeof__(sd_notify) *notify;
	__typeof__(sd_watchdog_enabled) *watchdog_enabled;
	__typeof__(sd_journal_sendv) *journal_sendv;
} systemd;

static bool
load(void)
{
	void *library;

	if (systemd.notify != NULL)
		return true;
	library = dlopen(library_name, RTLD_NOW);
	if (library == NULL)
		return false;
	systemd.listen_fds = dlsym(library, "sd_listen_fds");
	systemd.watchdog_enabled = dlsym(library, "sd_watchdog_enabled");
	systemd.journal_sendv = dlsym(library, "sd_journal_sendv");
	systemd.notify = dlsym(library, "sd_notify");
	return systemd.notify != NULL;
}

int
systemd_sockets(void)
{
	int n;

	if (getenv("LISTEN_FDS") == NULL)
		return 0;
	if (!load()) {
		errno = ELIBACC;
		return -1;
	}
	n = systemd.listen_fds(1);
	if (n < 0) {
		errno = -n;
		return -1;
	}
	return n;
}

void
systemd_notify(const char *format, ...)
{
	va_list arguments;
	char *state;

	if (getenv("NOTIFY_SOCKET") == NULL || !load())
		return;
	va_start(arguments, format);
	if (vasprintf(&state, format, arguments) >= 0) {
		systemd.notify(0, state);
		free(state);
	}
	va_end(arguments);
}

int64_t
systemd_watchdog_ms(void)
{
	uint64_t us;

	return getenv("WATCHDOG_USEC") != NULL && load() &&
	               systemd.watchdog_enabled(0, &us) > 0
	           ? (int64_t)(us / 2000)
	           : 0;
}

bool
systemd_has_journal(void)
{
	return access("/run/systemd/journal/socket", W_OK) == 0 && load();
}

int
systemd_journal(const struct iovec *items, int count)
{
	int ret = systemd.journal_sendv(items, count);

	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return 0;
}

#else

int
systemd_sockets(void)
{
	return 0;
}

void
systemd_notify(const char *format, ...)
{
	(void)format;
}

int64_t
systemd_watchdog_ms(void)
{
	return 0;
}

bool
systemd_has_journal(void)
{
	return false;
}

int
systemd_journal(const struct iovec *items, int count)
{
	(void)items;
	(void)count;
	errno = ENOSYS;
	return -1;
}

#endif

bool
systemd_has_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream != NULL &&
	       sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}
