/*
 * The system calls a sandboxed process may make.
 */
#include "sandbox_filter.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBSECCOMP

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both roles: memory, time, randomness (GnuTLS), messages to and from the other
 * on descriptors that are open, and an end. */
static const char *const common[] = {"brk", "clock_gettime", "close", "exit",
    "exit_group", "futex", "getpid", "getrandom", "getrusage", "gettid",
    "gettimeofday", "madvise", "mremap", "munmap", "poll", "ppoll", "recvfrom",
    "recvmsg", "restart_syscall", "rt_sigprocmask", "rt_sigreturn", "sendmsg",
    "sendto", "time", "write", NULL};

/* A session: its stream, and the pause of a full queue to the keyholder. */
static const char *const session[] = {
    "clock_nanosleep", "fcntl", "nanosleep", "setsockopt", "shutdown", NULL};

static const char *const keyholder[] = {NULL};

/* What libraries try and do without: refused, not fatal. */
static const char *const refused[] = {"access", "connect", "faccessat",
    "faccessat2", "fstat", "ioctl", "lseek", "newfstatat", "open", "openat",
    "openat2", "prctl", "prlimit64", "read", "readlink", "readlinkat", "socket",
    "stat", "statx", "sysinfo", "uname", NULL};

static int
add(scmp_filter_ctx filter, const char *const *names, uint32_t action)
{
	int ret = 0;

	for (; *names != NULL && ret == 0; names++) {
		int number = seccomp_syscall_resolve_name(*names);

		/* Not every machine has every call. */
		if (number >= 0)
			ret = seccomp_rule_add(filter, action, number, 0);
	}
	return ret;
}

/* Memory, but never memory that can be executed. */
static int
add_memory(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int ret = seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code);

	if (ret == 0)
		ret = seccomp_rule_add(
		    filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_code);
	return ret;
}

/* Sockets for the keyholder's reply, which lead nowhere else. */
static int
add_reply(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp local = SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0);

	return seccomp_rule_add(
	    filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, local);
}

/* Has libseccomp write its program to a descriptor, and reads it back. */
static int
compile(scmp_filter_ctx filter, struct sock_fprog *program)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), ret;
	struct stat st;

	if (fd == -1)
		return -errno;
	ret = seccomp_export_bpf(filter, fd);
	if (ret == 0 && fstat(fd, &st) == -1)
		ret = -errno;
	if (ret == 0) {
		size_t size = (size_t)st.st_size;

		program->filter = malloc(size);
		if (program->filter == NULL ||
		    pread(fd, program->filter, size, 0) != st.st_size) {
			free(program->filter);
			ret = -ENOMEM;
		} else
			program->len =
			    (unsigned short)(size / sizeof(*program->filter));
	}
	close(fd);
	return ret;
}

int
sandbox_filter_compile(enum sandbox_role role, struct sock_fprog *program)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = -ENOMEM;

	if (filter != NULL) {
		/* A binary tree and no list.  The kernel walks it for every
		 * system call there is when a child enters the sandbox: 60 us
		 * less for each session. */
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		if (ret == 0)
			ret = add(filter, common, SCMP_ACT_ALLOW);
		if (ret == 0)
			ret = add(filter,
			    role == SANDBOX_SESSION ? session : keyholder,
			    SCMP_ACT_ALLOW);
		if (ret == 0)
			ret = add_memory(filter);
		if (ret == 0 && role == SANDBOX_SESSION)
			ret = add_reply(filter);
		if (ret == 0)
			ret = add(filter, refused, SCMP_ACT_ERRNO(EPERM));
		if (ret == 0)
			ret = compile(filter, program);
		seccomp_release(filter);
	}
	if (ret == 0)
		return 0;
	errno = -ret;
	return -1;
}

#else

int
sandbox_filter_compile(enum sandbox_role role, struct sock_fprog *program)
{
	(void)role;
	memset(program, 0, sizeof(*program));
	return 0;
}

#endif
