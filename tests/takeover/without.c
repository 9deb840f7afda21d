/*
 * Takes defences away from the pingtlsd that this library is preloaded into, as
 * the environment says:
 *
 * - TAKEOVER_ALLOWED=N,N,...: the filter allows these system calls, whatever
 *   their arguments; "all": there is no filter;
 * - TAKEOVER_LANDLOCK=N: the kernel has this version of Landlock; 0: none;
 * - TAKEOVER_UNLIMITED=1: no limit is put in force;
 * - TAKEOVER_PASSRIGHTS=1: sockets take descriptors (SO_PASSRIGHTS);
 * - TAKEOVER_DUMPABLE=1: processes can be traced;
 * - TAKEOVER_INHERITS=1: processes inherit all memory;
 * - TAKEOVER_KEEPS=standard: the standard descriptors stay what they are;
 * - TAKEOVER_KEEPS=ruleset: the Landlock ruleset stays open.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "takeover.h"

#define PROGRAM_MAX 1024

static long (*real)(long, ...);

/* Before main: a session may not be able to look anything up. */
__attribute__((constructor)) static void
find_real(void)
{
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
}

long
raw(long number, ...)
{
	long a[6];
	va_list list;

	if (real == NULL)
		find_real();
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Puts rules that allow the calls in `list` before the filter's own. */
static long
set_filter(const struct sock_fprog *own, const char *list)
{
	static struct sock_filter code[PROGRAM_MAX];
	struct sock_fprog program = {0, code};
	char *end;

	code[program.len++] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (; *list != '\0'; list = *end == ',' ? end + 1 : end) {
		code[program.len++] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned int)strtoul(list, &end, 10), 0, 1);
		code[program.len++] = (struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	if (program.len + own->len > PROGRAM_MAX)
		abort();
	memcpy(code + program.len, own->filter, own->len * sizeof(code[0]));
	program.len = (unsigned short)(program.len + own->len);
	return raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* Landlock's own calls, on a kernel that has the version `lacking`. */
static long
landlock(long number, const long *a, int most)
{
	long version = raw(number, a[0], a[1], a[2]);

	if (number == SYS_landlock_create_ruleset &&
	    a[2] == LANDLOCK_CREATE_RULESET_VERSION && version > most)
		version = most;
	if (version == 0 && number == SYS_landlock_create_ruleset) {
		errno = ENOSYS;
		version = -1;
	}
	return version;
}

long
syscall(long number, ...)
{
	const char *allowed = getenv("TAKEOVER_ALLOWED");
	const char *most = getenv("TAKEOVER_LANDLOCK");
	long a[6], returned;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_landlock_restrict_self)
		loot_note_ruleset((int)a[0]);
	if (number == SYS_landlock_create_ruleset && most != NULL)
		return landlock(number, a, atoi(most));
	if (number == SYS_seccomp && allowed != NULL)
		return strcmp(allowed, "all") == 0
		           ? 0
		           : set_filter(
				 (const struct sock_fprog *)a[2], allowed);
	returned = raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	/* direct_recv() */
	if (number == SYS_recvfrom && (a[3] & MSG_PEEK) != 0)
		take_over_if_told((int)a[0], (const char *)a[1], returned);
	/* direct_recvmsg() */
	if (number == SYS_recvmsg)
		take_over_if_told((int)a[0],
		    (const char *)((const struct msghdr *)a[1])
			->msg_iov->iov_base,
		    returned);
	return returned;
}

int
setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	loot_look_around();
	if (getenv("TAKEOVER_UNLIMITED") != NULL)
		return 0;
	return (int)raw(SYS_prlimit64, 0, resource, limit, NULL);
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	/* Debian 12's headers do not have SO_PASSRIGHTS. */
	if (level == SOL_SOCKET && option == 83 &&
	    getenv("TAKEOVER_PASSRIGHTS") != NULL)
		return 0;
	return (int)raw(SYS_setsockopt, fd, level, option, value, length);
}

int
madvise(void *memory, size_t size, int advice)
{
	if (advice == MADV_DONTFORK && getenv("TAKEOVER_INHERITS") != NULL)
		return 0;
	return (int)raw(SYS_madvise, memory, size, advice);
}

static bool
keeps(const char *what)
{
	const char *kept = getenv("TAKEOVER_KEEPS");

	return kept != NULL && strcmp(kept, what) == 0;
}

int
dup2(int from, int to)
{
	if (to < 3 && keeps("standard"))
		return to;
	return (int)raw(SYS_dup3, from, to, 0);
}

int
close(int fd)
{
	if (fd == loot_ruleset() && keeps("ruleset"))
		return 0;
	return (int)raw(SYS_close, fd);
}

int
prctl(int option, ...)
{
	unsigned long a[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_DUMPABLE && getenv("TAKEOVER_DUMPABLE") != NULL)
		a[0] = 1;
	return (int)raw(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}
