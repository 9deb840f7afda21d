/*
 * Compiles the system-call filters at build time and prints them as C.  Doing
 * so at run time would take 0.3 ms, and map libseccomp into every session.
 *
 * usage: sandbox_compiler ARCHITECTURE
 *
 * of the machine that the filters are for, as libseccomp calls it: the machine
 * that builds may be another.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

#include "confine/sandbox.h"

/* Arguments, counted from 0.  The kernel uses the lower 32 bits of an int; the
 * upper half of the register is undefined. */
#define INT 0xffffffff
#define IS(argument, value) \
	{ \
		argument, SCMP_CMP_MASKED_EQ, INT, (uint32_t)(value) \
	}
#define HAS_ONLY(argument, bits) \
	{ \
		argument, SCMP_CMP_MASKED_EQ, INT & ~(uint32_t)(bits), 0 \
	}
#define IS_NULL(argument) \
	{ \
		argument, SCMP_CMP_EQ, 0, 0 \
	}

/* The protection and flags of mmap(2). */
#define PRIVATE_MEMORY \
	HAS_ONLY(2, PROT_READ | PROT_WRITE), IS(3, MAP_PRIVATE | MAP_ANONYMOUS)

/* The architecture (SCMP_ARCH_*). */
static uint32_t architecture;

/* A system call that is allowed with these arguments. */
struct rule {
	const char *call;
	unsigned int count; /* of the arguments checked */
	struct scmp_arg_cmp arguments[3];
};

/* Calls of all architectures; those that an architecture lacks are left out. */

/*
 * Memory, randomness (GnuTLS), and exiting.  Memory must be private and not
 * executable, so that RLIMIT_DATA covers it: it does not cover shared memory or
 * memory that grows like a stack.
 */
static const struct rule common[] = {
    {.call = "brk"},
    {"madvise", 1, {IS(2, MADV_DONTNEED)}},
    {"mmap", 2, {PRIVATE_MEMORY}},
    {"mmap2", 2, {PRIVATE_MEMORY}},
    {"mprotect", 1, {HAS_ONLY(2, PROT_READ | PROT_WRITE)}},
    {.call = "munmap"},
    {.call = "getrandom"},
    /* pthread_once(3) wakes waiters in this process. */
    {"futex", 1, {IS(1, FUTEX_WAKE_PRIVATE)}},
    /* System calls if the vDSO cannot read the clock (vdso(7)). */
    {.call = "clock_gettime"},
    {.call = "clock_gettime64"},
    {.call = "gettimeofday"},
    {.call = "time"},
    {.call = "close"},
    {.call = "exit_group"},
    {.call = NULL},
};

static const struct rule waiting[] = {
    {.call = "ppoll"},
    {.call = "ppoll_time64"},
    {.call = NULL},
};

/* Messages on connected sockets, without an address. */
static const struct rule messages[] = {
    {"recvfrom", 2, {IS(0, SANDBOX_STREAM), IS_NULL(4)}},
    {"recvfrom", 2, {IS(0, SANDBOX_CHANNEL), IS_NULL(4)}},
    {"sendto", 2, {IS(0, SANDBOX_STREAM), IS_NULL(4)}},
    {"sendto", 2, {IS(0, SANDBOX_CHANNEL), IS_NULL(4)}},
    {"shutdown", 1, {IS(0, SANDBOX_STREAM)}},
    {.call = NULL},
};

/* The return from a signal handler: the client's for SIGCONT. */
static const struct rule handlers[] = {
    {.call = "rt_sigreturn"},
    {.call = "sigreturn"},
    {.call = NULL},
};

/* Messages and the log of a process that writes its own: it has no numbers
 * for its sockets, and the journal's is not connected (sd_journal_sendv(3)). */
static const struct rule messages_and_log[] = {
    {"recvfrom", 1, {IS_NULL(4)}},
    {"sendto", 1, {IS_NULL(4)}},
    {.call = "shutdown"},
    {.call = "sendmsg"},
    {"write", 1, {IS(0, STDERR_FILENO)}},
    {.call = "getpid"},
    {.call = NULL},
};

/* Receiving channels over the control socket, requests and replies. */
static const struct rule requests[] = {
    {.call = "epoll_ctl"},
    {.call = "epoll_pwait"},
    {.call = "epoll_wait"},
    {.call = "recvmsg"},
    {"sendto", 1, {IS_NULL(4)}},
    {.call = NULL},
};

/* Calls that libraries try but can do without: they fail and are not fatal. */
static const char *const refused[] = {"access", "connect", "faccessat",
    "faccessat2", "fcntl", "fstat", "getpid", "getrusage", "gettid", "ioctl",
    "lseek", "mremap", "newfstatat", "open", "openat", "openat2", "poll",
    "prctl", "prlimit64", "read", "readlink", "readlinkat", "rt_sigprocmask",
    "setsockopt", "socket", "stat", "statx", "sysinfo", "uname", "write", NULL};

/* The same for arguments of allowed calls: malloc(3) uses these if tuned to use
 * huge pages. */
static const struct rule refused_otherwise[] = {
    {"madvise", 1, {{2, SCMP_CMP_EQ, MADV_HUGEPAGE, 0}}},
    {"mmap", 1, {{3, SCMP_CMP_MASKED_EQ, MAP_HUGETLB, MAP_HUGETLB}}},
    {"mmap2", 1, {{3, SCMP_CMP_MASKED_EQ, MAP_HUGETLB, MAP_HUGETLB}}},
    {.call = NULL},
};

#define TABLES_MAX 4

/* The filters, and the tables of what they allow. */
static const struct role {
	const char *name;
	const struct rule *tables[TABLES_MAX];
} roles[] = {
    {"session_filter", {common, waiting, messages}},
    {"inetd_filter", {common, waiting, messages_and_log}},
    {"keyholder_filter", {common, requests}},
    {"client_filter", {common, waiting, messages, handlers}},
};

/* Returns the number of a call, which libseccomp skips if the architecture has
 * none of that name; or an error to leave the call out: on i386 the arguments
 * of mmap(2), as opposed to mmap2(2), are in memory. */
static int
resolve(const char *call)
{
	if (strcmp(call, "mmap") == 0 &&
	    seccomp_syscall_resolve_name_arch(architecture, "mmap2") >= 0)
		return __NR_SCMP_ERROR;
	/* A number of this machine, which libseccomp translates. */
	return seccomp_syscall_resolve_name(call);
}

static int
add_table(scmp_filter_ctx filter, const struct rule *rules, uint32_t action)
{
	int ret = 0;

	for (; rules->call != NULL && ret == 0; rules++) {
		int number = resolve(rules->call);

		if (number != __NR_SCMP_ERROR)
			ret = seccomp_rule_add_array(filter, action, number,
			    rules->count, rules->arguments);
	}
	return ret;
}

static bool
has(const struct role *role, const char *call)
{
	for (int i = 0; i < TABLES_MAX && role->tables[i] != NULL; i++)
		for (const struct rule *r = role->tables[i]; r->call != NULL;
		     r++)
			if (strcmp(r->call, call) == 0)
				return true;
	return false;
}

/* Adds the refused calls, except those that the role allows: in libseccomp a
 * rule without arguments silently replaces those with arguments. */
static int
add_refused_calls(scmp_filter_ctx filter, const struct role *role)
{
	int ret = 0;

	for (const char *const *name = refused; *name != NULL && ret == 0;
	     name++) {
		int number = resolve(*name);

		if (number != __NR_SCMP_ERROR && !has(role, *name))
			ret = seccomp_rule_add(
			    filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	return ret;
}

static int
add_rules(scmp_filter_ctx filter, const struct role *role)
{
	/* A binary tree, not a list.  When a filter is installed, the kernel
	 * evaluates it for every system call: this saves each session 60 us. */
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);

	if (ret == 0)
		ret = seccomp_attr_set(
		    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (int i = 0; i < TABLES_MAX && role->tables[i] != NULL && ret == 0;
	     i++)
		ret = add_table(filter, role->tables[i], SCMP_ACT_ALLOW);
	if (ret == 0)
		ret =
		    add_table(filter, refused_otherwise, SCMP_ACT_ERRNO(EPERM));
	return ret == 0 ? add_refused_calls(filter, role) : ret;
}

static void
print_instruction(const struct sock_filter *i)
{
	printf("\t{0x%02x, %u, %u, 0x%08" PRIx32 "},\n", i->code, i->jt, i->jf,
	    i->k);
}

/*
 * On i386 libseccomp allows a socket's calls twice: as calls of their own, and
 * by socketcall(2), there without a look at the arguments, which are in memory.
 * Ours are of the first kind (direct_calls.h), but the C library's are of the
 * second: those by which syslog(3) and sd_journal_sendv(3) send do no more than
 * a process with a log may do anyway, and what they try besides is refused. All
 * other use of socketcall is forbidden, before libseccomp's rules.
 */
static void
print_socketcall_rules(bool logs)
{
	const int number =
	    seccomp_syscall_resolve_name_arch(architecture, "socketcall");
	const uint32_t otherwise =
	    logs ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
	const struct sock_filter rules[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 5),
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_SEND, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_SENDMSG, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, logs ? SCMP_ACT_ALLOW : otherwise),
	    BPF_STMT(BPF_RET | BPF_K, otherwise),
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		print_instruction(&rules[i]);
}

/* Makes libseccomp write the program to a descriptor, and reads it back. */
static int
print_program(scmp_filter_ctx filter, const struct role *role)
{
	int fd = memfd_create("filter", 0), ret;
	struct sock_filter i;

	if (fd == -1)
		return -errno;
	ret = seccomp_export_bpf(filter, fd);
	lseek(fd, 0, SEEK_SET);
	printf("static const struct sock_filter %s[] = {\n", role->name);
	if (architecture == SCMP_ARCH_X86)
		print_socketcall_rules(has(role, "sendmsg"));
	while (ret == 0 && read(fd, &i, sizeof(i)) == sizeof(i))
		print_instruction(&i);
	printf("};\n");
	close(fd);
	return ret;
}

/* Makes the filter one for the architecture, and for no other. */
static int
set_architecture(scmp_filter_ctx filter)
{
	int ret;

	if (architecture == seccomp_arch_native())
		return 0;
	ret = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	return ret == 0 ? seccomp_arch_add(filter, architecture) : ret;
}

static void
compile(const struct role *role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = filter == NULL ? -ENOMEM : set_architecture(filter);

	if (ret == 0)
		ret = add_rules(filter, role);
	if (ret == 0)
		ret = print_program(filter, role);
	seccomp_release(filter);
	if (ret == 0)
		return;
	fprintf(
	    stderr, "sandbox_compiler: %s: %s\n", role->name, strerror(-ret));
	exit(EXIT_FAILURE);
}

int
main(int argc, char *argv[])
{
	const struct scmp_version *v = seccomp_version();

	architecture = argc == 2 ? seccomp_arch_resolve_name(argv[1]) : 0;
	if (architecture == 0) {
		fprintf(stderr,
		    "sandbox_compiler: libseccomp knows no architecture %s\n",
		    argc == 2 ? argv[1] : "");
		return EXIT_FAILURE;
	}
	printf("/* Made by sandbox_compiler with libseccomp %u.%u.%u. */\n",
	    v->major, v->minor, v->micro);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		compile(&roles[i]);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
