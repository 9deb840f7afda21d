/*
 * What the filter of a session says to system calls, for who has seen some:
 * reads lines of a call's number and its six arguments, and writes the verdict
 * on each.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "confine/filter_interpreter.h"
#include "confine/sandbox_filter.h"

static const char *
verdict(uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_ALLOW:
		return "allowed";
	case SECCOMP_RET_ERRNO | EPERM:
		return "refused";
	default:
		return "killed";
	}
}

int
main(void)
{
	const struct sock_fprog *filter = sandbox_filter(SANDBOX_SESSION);
	struct seccomp_data data = {.arch = filter_architecture};
	int64_t a[6];

	if (filter == NULL)
		return EXIT_FAILURE;
	while (scanf("%d %" SCNi64 " %" SCNi64 " %" SCNi64 " %" SCNi64
		     " %" SCNi64 " %" SCNi64,
		   &data.nr, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7) {
		for (int i = 0; i < 6; i++)
			data.args[i] = (uint64_t)a[i];
		puts(verdict(filter_interpret(filter, &data)));
	}
	return EXIT_SUCCESS;
}
