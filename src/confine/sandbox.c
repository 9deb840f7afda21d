#include "confine/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/sandbox_filter.h"

struct sandbox {
	enum sandbox_role role;
	const struct sock_fprog *filter; /* NULL: none in this build */
	int ruleset;                     /* the Landlock ruleset, or -1 */
};

static int
become(const struct account *account)
{
	if (setgroups((size_t)account->group_count, account->groups) == -1 ||
	    setresgid(account->gid, account->gid, account->gid) == -1 ||
	    setresuid(account->uid, account->uid, account->uid) == -1)
		return -1;
	/* Changing back must be impossible; this verifies it. */
	if (account->uid != 0 && setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
sandbox_give_up_privileges(const struct account *account, char *why)
{
	if (account != NULL && become(account) == -1) {
		snprintf(why, SANDBOX_WHY_MAX, "cannot become user %.32s: %s",
		    account->name, strerror(errno));
		return -1;
	}
	/* Dumpable last, since changing the user resets it. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1) {
		snprintf(why, SANDBOX_WHY_MAX, "cannot give up privileges: %s",
		    strerror(errno));
		return -1;
	}
	return 0;
}

/*
 * A Landlock ruleset that handles every access right of the kernel's version
 * and allows none.  Debian 12's headers define only the first version, so the
 * attributes of later ones are declared here as the kernel does.
 */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* version 4 */
	uint64_t scoped;             /* version 6 */
};

static int
make_ruleset(void)
{
	/* The file access rights of each version, as a bit mask. */
	static const uint64_t files[] = {
	    0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset ruleset = {0};
	size_t size = sizeof(ruleset.handled_access_fs);

	if (version < 1)
		return -1;
	ruleset.handled_access_fs = files[version < 5 ? version : 5];
	if (version >= 4) {
		ruleset.handled_access_net = 0x3; /* bind and connect, TCP */
		size += sizeof(ruleset.handled_access_net);
	}
	if (version >= 6) {
		ruleset.scoped = 0x3; /* abstract unix sockets, signals */
		size += sizeof(ruleset.scoped);
	}
	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
}

struct sandbox *
sandbox_new(enum sandbox_role role)
{
	struct sandbox *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->role = role;
	s->filter = sandbox_filter(role);
	s->ruleset = make_ruleset();
	return s;
}

int
sandbox_descriptor(const struct sandbox *s)
{
	return s->ruleset;
}

void
sandbox_free(struct sandbox *s)
{
	if (s == NULL)
		return;
	if (s->ruleset != -1)
		close(s->ruleset);
	free(s);
}

/* Lowers a limit; one that is lower already stays. */
static int
limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == -1)
		return -1;
	if (now.rlim_max < most)
		most = now.rlim_max;
	return setrlimit(resource, &(struct rlimit){most, most});
}

/* The octets of private memory that this process has (proc(5)); -1 with errno
 * if that is unknown. */
static long
data_now(void)
{
	char text[7 * 3 * sizeof(long)], *at = text; /* seven numbers */
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* It is the sixth. */
	for (int i = 0; i < 5 && at != NULL; i++)
		if ((at = strchr(at, ' ')) != NULL)
			at++;
	if (at != NULL)
		return strtol(at, NULL, 10) * sysconf(_SC_PAGESIZE);
	errno = ENODATA;
	return -1;
}

static int
enter_limits(const struct sandbox *s)
{
	bool client = s->role == SANDBOX_CLIENT;
	long data = client ? data_now() : 0;

	if (data == -1)
		return -1;
	/* The keyholder is given channels, and in inetd mode the descriptors
	 * have no numbers that are known here. */
	if ((s->role == SANDBOX_SESSION || client) &&
	    limit(RLIMIT_NOFILE, SANDBOX_CHANNEL + 1) == -1)
		return -1;
	if (limit(RLIMIT_NPROC, 0) == -1)
		return -1;
	return limit(RLIMIT_DATA, (rlim_t)data + SANDBOX_DATA_MAX);
}

static int
enter_landlock(int descriptor)
{
	if (syscall(SYS_landlock_restrict_self, descriptor, 0) == -1)
		return -1;
	return close(descriptor);
}

static int
enter_filter(const struct sandbox *s)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, s->filter);
}

int
sandbox_enter(const struct sandbox *s, int descriptor)
{
	if (enter_limits(s) == -1 ||
	    (descriptor != -1 && enter_landlock(descriptor) == -1) ||
	    (s->filter != NULL && enter_filter(s) == -1))
		return -1;
	return 0;
}

const char *
sandbox_signal_text(int signal)
{
	return signal == SIGSYS ? "a system call that its filter forbids"
	                        : strsignal(signal);
}

unsigned int
sandbox_enter_as_possible(const struct sandbox *s, int descriptor)
{
	unsigned int missing = 0;

	if (enter_limits(s) == -1)
		missing |= SANDBOX_LIMITS;
	if (descriptor == -1 || enter_landlock(descriptor) == -1)
		missing |= SANDBOX_LANDLOCK;
	if (s->filter == NULL || enter_filter(s) == -1)
		missing |= SANDBOX_SECCOMP;
	return missing;
}
