/*
 * What a session or keyholder that was broken into would try.
 */
#include "unit_attempts.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/sandbox.h"
#include "unit.h"

/* A socket that the process happens to have, and whom it could reach. */
static int spare;
static struct sockaddr_in listening;

/* True if it worked. */

static bool
try_open(void)
{
	return open("/etc/passwd", O_RDONLY) != -1;
}

static bool
try_create(void)
{
	return open(P_tmpdir, O_TMPFILE | O_RDWR, 0600) != -1;
}

static bool
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) != -1;
}

static bool
try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0) != -1;
}

static bool
try_connect(void)
{
	return connect(spare, (struct sockaddr *)&listening,
		   sizeof(listening)) == 0;
}

static bool
try_exec(void)
{
	/* true(1) ends with the status that says so. */
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool
try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
try_memory(void)
{
	return mmap(NULL, 2 * (size_t)SANDBOX_DATA_MAX, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
try_descriptors(void)
{
	return dup(0) != -1;
}

const struct unit_attempt unit_attempts[] = {
    {"open", try_open, UNIT_FILTER, true, 1},
    {"create", try_create, UNIT_FILTER, true, 1},
    {"socket", try_socket, UNIT_FILTER, true, 0},
    {"unix socket", try_unix_socket, UNIT_FILTER, true, 0},
    {"connect", try_connect, UNIT_FILTER, false, 4},
    {"exec", try_exec, UNIT_FILTER, true, 1},
    {"fork", try_fork, UNIT_FILTER | UNIT_LIMITS, false, 0},
    {"ptrace", try_ptrace, UNIT_FILTER, false, 0},
    {"kill", try_kill, UNIT_FILTER, false, 6},
    {"code", try_code, UNIT_FILTER, false, 0},
    {"memory", try_memory, UNIT_LIMITS, false, 0},
    {"descriptors", try_descriptors, UNIT_FILTER, true, 0},
};

const int unit_attempt_count = sizeof(unit_attempts) / sizeof(unit_attempts[0]);

unsigned int
unit_refusing(const struct unit_attempt *attempt, enum sandbox_role role)
{
	long landlock = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	unsigned int layers = attempt->layers;

#ifndef HAVE_LIBSECCOMP
	layers &= ~(unsigned int)UNIT_FILTER;
#endif
	if (attempt->descriptor &&
	    (role == SANDBOX_SESSION || role == SANDBOX_CLIENT))
		layers |= UNIT_LIMITS;
	if (attempt->landlock != 0 && landlock >= attempt->landlock)
		layers |= UNIT_LANDLOCK;
	return layers;
}

void
unit_become_user(void)
{
	/* IDs that nobody else has: see tests/behaviour/own_user.py. */
	id_t user = 60578 + (id_t)getpid() % 606;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setgid(user), 0);
	ck_assert_int_eq(setuid(user), 0);
	/* The change of user resets it, and LeakSanitizer needs it. */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
}

/* Something to connect to, and a socket to do it with. */
static void
prepare_connect(int listener)
{
	socklen_t length = sizeof(listening);

	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(
	    getsockname(listener, (struct sockaddr *)&listening, &length), 0);
	spare = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ne(spare, -1);
}

bool
unit_works(
    bool (*attempt)(void), bool (*confine)(const void *), const void *how)
{
	int pair[2], listener, status;
	pid_t pid;

	unit_pair(pair);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	prepare_connect(listener);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		/* As little as a session has. */
		dup2(pair[0], UNIT_STREAM);
		if (confine != NULL && !confine(how))
			_exit(2);
		_exit(attempt() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	close(pair[1]);
	close(spare);
	close(listener);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGSYS);
		return false;
	}
	ck_assert_int_ne(WEXITSTATUS(status), 2);
	return WEXITSTATUS(status) == 0;
}
