/*
 * What a sandboxed process can no longer do: each attempt in a process of its
 * own, and the same outside the sandbox, where it must work.
 */
#include "../../src/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* Attempts: true if it worked.  Each is made as a broken-in session would. */

static bool
try_open(void)
{
	return open("/etc/passwd", O_RDONLY) != -1;
}

static bool
try_create(void)
{
	return open(".", O_TMPFILE | O_RDWR, 0600) != -1;
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

#ifndef UNIT_SANITIZED
/* What a session needs. */
static bool
try_its_work(void)
{
	static char octets[64];
	void *memory = malloc(100000);

	return memory != NULL && send(3, "PONG\n", 5, MSG_NOSIGNAL) == 5 &&
	       recv(3, octets, sizeof(octets), MSG_DONTWAIT) == -1 &&
	       errno == EAGAIN && shutdown(3, SHUT_WR) == 0;
}
#endif

static const struct attempt {
	bool (*attempt)(void);
	bool filter_only; /* only the system-call filter refuses it */
	bool memory;      /* what sanitizers take for themselves, too */
} forbidden[] = {
    {try_open, false, false},
    {try_create, false, false},
    {try_socket, true, false},
    {try_unix_socket, true, false},
    {try_exec, false, false},
    {try_fork, true, false}, /* root is not held by RLIMIT_NPROC */
    {try_ptrace, true, false},
    {try_kill, true, false}, /* Landlock refuses it since Linux 6.12 */
    {try_code, true, true},
    {try_memory, false, true},
    {try_descriptors, true, false},
};

/* Whether an attempt works in a process of its own, sandboxed or not. */
static bool
works(bool (*attempt)(void), const struct sandbox *sandbox)
{
	char why[SANDBOX_WHY_MAX];
	int pair[2], status;
	pid_t pid;

	unit_pair(pair);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		/* As little as a session has; 3 is the stream. */
		dup2(pair[0], 3);
		if (sandbox != NULL &&
		    (sandbox_give_up_privileges(NULL, why) == -1 ||
			sandbox_enter(sandbox) == -1))
			_exit(2);
		_exit(attempt() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	close(pair[1]);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGSYS);
		return false;
	}
	ck_assert_int_ne(WEXITSTATUS(status), 2);
	return WEXITSTATUS(status) == 0;
}

START_TEST(each_is_refused_to_a_session)
{
	const struct attempt *a = &forbidden[_i];
	struct sandbox *sandbox = sandbox_new(SANDBOX_SESSION);

	ck_assert_ptr_nonnull(sandbox);
	ck_assert(works(a->attempt, NULL));
#ifndef HAVE_LIBSECCOMP
	if (!a->filter_only)
#endif
		ck_assert(!works(a->attempt, sandbox));
	sandbox_free(sandbox);
}
END_TEST

START_TEST(each_is_refused_to_the_keyholder)
{
	const struct attempt *a = &forbidden[_i];
	struct sandbox *sandbox = sandbox_new(SANDBOX_KEYHOLDER);

	ck_assert_ptr_nonnull(sandbox);
#ifndef HAVE_LIBSECCOMP
	if (!a->filter_only)
#endif
		ck_assert(!works(a->attempt, sandbox));
	sandbox_free(sandbox);
}
END_TEST

#ifndef UNIT_SANITIZED
START_TEST(a_session_can_do_its_work)
{
	struct sandbox *sandbox = sandbox_new(SANDBOX_SESSION);

	ck_assert_ptr_nonnull(sandbox);
	ck_assert(works(try_its_work, sandbox));
	sandbox_free(sandbox);
}
END_TEST
#endif

START_TEST(an_unknown_user_is_named_as_such)
{
	struct account account;

	ck_assert_int_eq(sandbox_account("no-such-user-here", &account), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(sandbox_account("root", &account), 0);
	ck_assert_uint_eq(account.uid, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *c = unit_case(suite, "sandbox");
	int count = sizeof(forbidden) / sizeof(forbidden[0]);

	tcase_add_loop_test(c, each_is_refused_to_a_session, 0, count);
	tcase_add_loop_test(c, each_is_refused_to_the_keyholder, 0, count);
#ifndef UNIT_SANITIZED
	tcase_add_test(c, a_session_can_do_its_work);
#endif
	tcase_add_test(c, an_unknown_user_is_named_as_such);
	return unit_main(suite);
}
