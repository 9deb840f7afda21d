/*
 * What the compiled filters say to a call and its arguments.
 *
 * The kernel itself is asked: in a copy of the program each verdict is replaced
 * by an errno of its own, so that no call is ever made, whatever it is.  An
 * interpreter has to agree with it, and answers alone where a kernel filters
 * nothing: under qemu-user(1), for another architecture.
 */
#include "confine/sandbox_filter.h"

#include <stdint.h>
#include <stdlib.h>

#include "unit.h"

#if defined(HAVE_LIBSECCOMP) && !defined(UNIT_SANITIZED)

#include <errno.h>
#include <linux/futex.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/filter_interpreter.h"

/* The errnos that stand for the verdicts. */
enum verdict {
	ALLOWED = 2001,
	REFUSED,
	KILLED,
	OTHER,
};

static enum verdict
verdict_of(uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_ALLOW:
		return ALLOWED;
	case SECCOMP_RET_ERRNO | EPERM:
		return REFUSED;
	case SECCOMP_RET_KILL_PROCESS:
		return KILLED;
	default:
		return OTHER;
	}
}

struct call {
	const char *what;
	long number;
	long arguments[6];
	enum verdict session, inetd, keyholder;
};

/* Asks the kernel in a process of its own.  That one cannot even exit: what it
 * found is in memory it shares, and it ends by a signal. */
static enum verdict
ask(enum sandbox_role role, const struct call *c)
{
	static struct sock_filter code[1024];
	const struct sock_fprog *own = sandbox_filter(role);
	struct sock_fprog program = {own->len, code};
	const long *a = c->arguments;
	int *found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int verdict, status;
	pid_t pid;

	ck_assert_ptr_ne(found, MAP_FAILED);
	ck_assert_uint_le(own->len, 1024);
	memcpy(code, own->filter, own->len * sizeof(code[0]));
	for (int i = 0; i < own->len; i++)
		if (code[i].code == (BPF_RET | BPF_K))
			code[i].k = SECCOMP_RET_ERRNO | verdict_of(code[i].k);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
			&program) == 0 &&
		    syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]) ==
			-1)
			*found = errno;
		__builtin_trap();
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	verdict = *found;
	munmap(found, sizeof(*found));
	return (enum verdict)verdict;
}

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define READ_WRITE (PROT_READ | PROT_WRITE)
/* The upper half of an int's register may hold anything. */
#define HIGH ((long)(INT64_C(1) << 40))

/* Where there are both, the other takes its arguments in memory. */
#ifdef SYS_mmap2
#define MMAP SYS_mmap2
#else
#define MMAP SYS_mmap
#endif

/* A call that is the same to all. */
#define ALL(verdict) verdict, verdict, verdict

/* Among them is each call by which an attempt of tests/takeover would get
 * further, were it not for the filter. */
static const struct call calls[] = {
    {"memory", MMAP, {0, 4096, READ_WRITE, ANONYMOUS, -1, 0}, ALL(ALLOWED)},
    {"memory, high halves", MMAP,
	{0, 4096, HIGH | READ_WRITE, HIGH | ANONYMOUS, -1, 0}, ALL(ALLOWED)},
    {"memory without access", MMAP, {0, 4096, PROT_NONE, ANONYMOUS, -1, 0},
	ALL(ALLOWED)},
    {"code", MMAP, {0, 4096, PROT_READ | PROT_EXEC, ANONYMOUS, -1, 0},
	ALL(KILLED)},
    {"shared memory", MMAP,
	{0, 4096, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0}, ALL(KILLED)},
    {"a stack", MMAP, {0, 4096, READ_WRITE, ANONYMOUS | MAP_GROWSDOWN},
	ALL(KILLED)},
    {"locked memory", MMAP, {0, 4096, READ_WRITE, ANONYMOUS | MAP_LOCKED},
	ALL(KILLED)},
    {"a file in memory", MMAP, {0, 4096, PROT_READ, MAP_PRIVATE, 3, 0},
	ALL(KILLED)},
    {"writable later", SYS_mprotect, {0, 4096, READ_WRITE}, ALL(ALLOWED)},
    {"code later", SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}, ALL(KILLED)},
    {"down to a stack's end", SYS_mprotect,
	{0, 4096, READ_WRITE | PROT_GROWSDOWN}, ALL(KILLED)},
    {"memory given back", SYS_madvise, {0, 4096, MADV_DONTNEED}, ALL(ALLOWED)},
    {"merged memory", SYS_madvise, {0, 4096, MADV_MERGEABLE}, ALL(KILLED)},
    {"memory of huge pages", SYS_madvise, {0, 4096, MADV_HUGEPAGE},
	ALL(REFUSED)},
    {"huge pages", MMAP,
	{0, 1L << 21, READ_WRITE, ANONYMOUS | MAP_HUGETLB, -1, 0},
	ALL(REFUSED)},
    {"shared huge pages", MMAP,
	{0, 1L << 21, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB},
	ALL(REFUSED)},
    {"memory cut from a file", SYS_madvise, {0, 4096, MADV_REMOVE},
	ALL(KILLED)},
    {"larger memory", SYS_mremap, {0, 4096, 8192, MREMAP_MAYMOVE},
	ALL(REFUSED)},
    {"waking oneself", SYS_futex, {0, FUTEX_WAKE_PRIVATE, 1}, ALL(ALLOWED)},
    {"waking others", SYS_futex, {0, FUTEX_WAKE, 1}, ALL(KILLED)},
    {"a message to the stream", SYS_sendto, {3, 0, 1, MSG_NOSIGNAL, 0, 0},
	ALL(ALLOWED)},
    {"a message to the channel", SYS_sendto, {4, 0, 1, MSG_NOSIGNAL, 0, 0},
	ALL(ALLOWED)},
    {"a message to another", SYS_sendto, {5, 0, 1, MSG_NOSIGNAL, 0, 0}, KILLED,
	ALLOWED, ALLOWED},
    {"a message with an address", SYS_sendto, {3, 0, 1, MSG_NOSIGNAL, 8, 16},
	ALL(KILLED)},
    {"a message with descriptors", SYS_sendmsg, {4, 8, MSG_NOSIGNAL}, KILLED,
	ALLOWED, KILLED},
    {"receiving from the channel", SYS_recvfrom, {4, 0, 1, 0, 0, 0}, ALLOWED,
	ALLOWED, KILLED},
    {"receiving from another", SYS_recvfrom, {5, 0, 1, 0, 0, 0}, KILLED,
	ALLOWED, KILLED},
    {"receiving an address", SYS_recvfrom, {3, 0, 1, 0, 8, 8}, ALL(KILLED)},
    {"receiving descriptors", SYS_recvmsg, {4, 8, 0}, KILLED, KILLED, ALLOWED},
    {"an end to the stream", SYS_shutdown, {3, SHUT_WR}, ALLOWED, ALLOWED,
	KILLED},
    {"an end to the channel", SYS_shutdown, {4, SHUT_WR}, KILLED, ALLOWED,
	KILLED},
    {"a line to standard error", SYS_write, {2, 0, 1}, REFUSED, ALLOWED,
	REFUSED},
    {"octets to another", SYS_write, {3, 0, 1}, REFUSED, KILLED, REFUSED},
    {"a socket's flags", SYS_fcntl, {3, 8, 1}, ALL(REFUSED)},
    {"a socket's options", SYS_setsockopt, {3, 1, 13, 0, 8}, ALL(REFUSED)},
    {"a pair of datagram sockets", SYS_socketpair, {AF_UNIX, SOCK_DGRAM},
	ALL(KILLED)},
#ifdef SYS_socketcall
    {"a socket by socketcall", SYS_socketcall, {SYS_SOCKET}, KILLED, REFUSED,
	KILLED},
    {"a send by socketcall", SYS_socketcall, {SYS_SEND}, KILLED, ALLOWED,
	KILLED},
    {"memory by a pointer", SYS_mmap, {0, 0, READ_WRITE, ANONYMOUS},
	ALL(KILLED)},
#endif
    {"a file", SYS_openat, {-100, 0, 0}, ALL(REFUSED)},
    {"a file emptied", SYS_truncate, {8, 0}, ALL(KILLED)},
    {"a socket", SYS_socket, {AF_INET, SOCK_STREAM}, ALL(REFUSED)},
    {"a connection", SYS_connect, {3, 8, 16}, ALL(REFUSED)},
    {"a rule for Landlock", SYS_landlock_add_rule, {5, 1, 8, 0}, ALL(KILLED)},
    {"another's memory", SYS_ptrace, {16, 1}, ALL(KILLED)},
    {"another's limits", SYS_prlimit64, {1, 7, 8, 0}, ALL(REFUSED)},
    {"another's priority", SYS_setpriority, {0, 1, 19}, ALL(KILLED)},
    {"a signal", SYS_kill, {1, 0}, ALL(KILLED)},
    {"a process", SYS_clone, {0}, ALL(KILLED)},
    {"a program", SYS_execve, {0}, ALL(KILLED)},
    {"an end", SYS_exit_group, {0}, ALL(ALLOWED)},
};
#define CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

/* What the interpreter finds. */
static enum verdict
interpret(enum sandbox_role role, const struct call *c)
{
	struct seccomp_data data = {
	    .nr = (int)c->number,
	    .arch = filter_architecture,
	};

	for (int i = 0; i < 6; i++)
		data.args[i] = (unsigned long)c->arguments[i];
	return verdict_of(filter_interpret(sandbox_filter(role), &data));
}

static bool
kernel_filters(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static void
expect(enum verdict wanted, enum sandbox_role role, const char *who,
    const struct call *c)
{
	ck_assert_msg(interpret(role, c) == wanted, "%s: %s", who, c->what);
	if (kernel_filters())
		ck_assert_msg(
		    ask(role, c) == wanted, "%s: %s (kernel)", who, c->what);
}

START_TEST(judges_each_call_by_its_arguments)
{
	const struct call *c = &calls[_i];

	expect(c->session, SANDBOX_SESSION, "a session", c);
	expect(c->session, SANDBOX_CLIENT, "the client", c);
	/* The client may do what a session may, and return from a handler. */
	expect(c->session, SANDBOX_CLIENT, "the client", c);
	expect(c->inetd, SANDBOX_INETD, "inetd", c);
	expect(c->keyholder, SANDBOX_KEYHOLDER, "the keyholder", c);
}
END_TEST

START_TEST(only_the_client_has_signal_handlers)
{
	static const struct call c = {
	    .what = "the end of a signal handler",
	    .number = SYS_rt_sigreturn,
	};

	expect(ALLOWED, SANDBOX_CLIENT, "the client", &c);
	expect(KILLED, SANDBOX_SESSION, "a session", &c);
	expect(KILLED, SANDBOX_INETD, "inetd", &c);
	expect(KILLED, SANDBOX_KEYHOLDER, "the keyholder", &c);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sandbox_filter");
	TCase *c = unit_case(suite, "filter");

	tcase_add_test(c, only_the_client_has_signal_handlers);

	tcase_add_loop_test(c, judges_each_call_by_its_arguments, 0, CALLS);
	return unit_main(suite);
}

#else

#include <stdio.h>

int
main(void)
{
	puts("1..1\nok 1 - filters # SKIP "
	     "built without libseccomp or with AddressSanitizer");
	return EXIT_SUCCESS;
}

#endif
