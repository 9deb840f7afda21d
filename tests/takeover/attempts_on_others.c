/*
 * Files, processes and programs that are none of a session's.
 */
#include "takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int
result(long returned)
{
	return returned == -1 ? errno : 0;
}

static long
victim(const struct loot *loot)
{
	return strtol(loot->argument, NULL, 10);
}

static int
open_file(const struct loot *loot)
{
	return result(raw(SYS_openat, AT_FDCWD, loot->argument, O_RDONLY, 0));
}

static int
empty_file(const struct loot *loot)
{
	return result(raw(SYS_truncate, loot->argument, 0));
}

static int
kill_other(const struct loot *loot)
{
	return result(raw(SYS_kill, victim(loot), SIGKILL));
}

static int
trace_other(const struct loot *loot)
{
	return result(raw(SYS_ptrace, PTRACE_SEIZE, victim(loot), NULL, NULL));
}

static int
limit_other(const struct loot *loot)
{
	struct rlimit none = {0, 0};

	return result(
	    raw(SYS_prlimit64, victim(loot), RLIMIT_NOFILE, &none, NULL));
}

static int
slow_other(const struct loot *loot)
{
	return result(raw(SYS_setpriority, PRIO_PROCESS, victim(loot), 19));
}

static int
connect_out(const struct loot *loot)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)victim(loot)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	long fd = raw(SYS_socket, AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		return errno;
	return result(raw(SYS_connect, fd, &address, sizeof(address)));
}

/* An abstract socket, which no file system guards. */
static int
connect_abstract(const struct loot *loot)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(loot->argument);
	long fd = raw(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);

	if (fd == -1)
		return errno;
	strncpy(
	    address.sun_path + 1, loot->argument, sizeof(address.sun_path) - 2);
	return result(raw(SYS_connect, fd, &address,
	    offsetof(struct sockaddr_un, sun_path) + 1 + length));
}

static int
fork_off(const struct loot *loot)
{
	long pid = raw(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)loot;
	if (pid == 0)
		raw(SYS_exit_group, 0);
	return result(pid);
}

/* The registers are then what the stack happens to have. */
static int
return_from_signal(const struct loot *loot)
{
	(void)loot;
	return result(raw(SYS_rt_sigreturn));
}

/* The program itself tells the client that it runs. */
static int
execute(const struct loot *loot)
{
	char *const argv[] = {"echo", "made", NULL};

	raw(SYS_dup3, loot->stream, STDOUT_FILENO, 0);
	/* The client ends a process whose channel is closed. */
	raw(SYS_fcntl, loot->channel, F_SETFD, 0);
	return result(raw(SYS_execve, "/bin/echo", argv, NULL));
}

/* Row 11: a rule for the root of the file system, added to the ruleset from
 * which all sessions to come are made. */
static int
add_rule(const struct loot *loot)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	    .parent_fd = (int)raw(SYS_openat, AT_FDCWD, "/", O_PATH, 0),
	};

	if (rule.parent_fd == -1)
		return errno;
	return result(raw(SYS_landlock_add_rule, loot->ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

const struct attempt attempts_on_others[] = {
    {"open_file", open_file},
    {"empty_file", empty_file},
    {"kill_other", kill_other},
    {"trace_other", trace_other},
    {"limit_other", limit_other},
    {"slow_other", slow_other},
    {"connect_out", connect_out},
    {"connect_abstract", connect_abstract},
    {"fork_off", fork_off},
    {"return_from_signal", return_from_signal},
    {"execute", execute},
    {"add_rule", add_rule},
    {NULL, NULL},
};
