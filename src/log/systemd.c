#include "log/systemd.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBSYSTEMD
#include <dlfcn.h>
#include <systemd/sd-daemon.h>
#endif

#include "base/parse.h"
#include "log/datagram.h"
#include "log/log.h"

#ifdef HAVE_LIBSYSTEMD

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
	__typeof__(sd_watchdog_enabled) *watchdog_enabled;
} systemd;

static bool
load_library(void)
{
	void *library;

	if (systemd.watchdog_enabled != NULL)
		return true;
	library = dlopen(library_name, RTLD_NOW);
	if (library == NULL)
		return false;
	systemd.listen_fds = dlsym(library, "sd_listen_fds");
	systemd.watchdog_enabled = dlsym(library, "sd_watchdog_enabled");
	return systemd.watchdog_enabled != NULL;
}

/* The process that sockets are passed to, or 0. */
static unsigned long
listen_pid(void)
{
	const char *text = getenv("LISTEN_PID");
	unsigned long pid;

	return getenv("LISTEN_FDS") != NULL && text != NULL &&
	               parse_count(text, 1, LONG_MAX, &pid) == 0
	           ? pid
	           : 0;
}

bool
systemd_passes_sockets(void)
{
	return listen_pid() == (unsigned long)getpid();
}

/* Warns of sockets that are passed, but to another process. */
static void
warn_of_strangers(void)
{
	unsigned long pid = listen_pid();

	if (pid != 0 && pid != (unsigned long)getpid())
		log_line(LOG_WARNING,
		    "LISTEN_PID is %lu, and this process %ld: the sockets "
		    "passed are not taken",
		    pid, (long)getpid());
}

int
systemd_sockets(void)
{
	int n;

	if (getenv("LISTEN_FDS") == NULL)
		return 0;
	if (!load_library()) {
		errno = ELIBACC;
		return -1;
	}
	warn_of_strangers();
	n = systemd.listen_fds(1);
	if (n < 0) {
		errno = -n;
		return -1;
	}
	return n;
}

int64_t
systemd_watchdog_ms(void)
{
	uint64_t us;

	return getenv("WATCHDOG_USEC") != NULL && load_library() &&
	               systemd.watchdog_enabled(0, &us) > 0
	           ? (int64_t)(us / 2000)
	           : 0;
}

#else

bool
systemd_passes_sockets(void)
{
	return false;
}

int
systemd_sockets(void)
{
	return 0;
}

int64_t
systemd_watchdog_ms(void)
{
	return 0;
}

#endif

int
systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int fd, ret, saved;

	if (path == NULL)
		return 0;
	/* Each time anew: another may have come to listen there. */
	fd = datagram_open(path);
	if (fd == -1)
		return -1;
	ret = datagram_send(fd, state, strlen(state));
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

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
