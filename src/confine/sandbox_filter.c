#include "confine/sandbox_filter.h"

#include <stddef.h>

#ifdef HAVE_LIBSECCOMP

#include <stdint.h>

/* sandbox_compiler.c says what is in there. */
#include "confine/sandbox_filters.h"

/* seccomp(2) only reads a program, though its struct does not say so. */
#define PROGRAM(code) \
	{ \
		sizeof(code) / sizeof((code)[0]), \
		    (struct sock_filter *)(uintptr_t)(code) \
	}

const struct sock_fprog *
sandbox_filter(enum sandbox_role role)
{
	static const struct sock_fprog programs[] = {
	    [SANDBOX_SESSION] = PROGRAM(session_filter),
	    [SANDBOX_INETD] = PROGRAM(inetd_filter),
	    [SANDBOX_KEYHOLDER] = PROGRAM(keyholder_filter),
	    [SANDBOX_CLIENT] = PROGRAM(client_filter),
	};

	return &programs[role];
}

#else

const struct sock_fprog *
sandbox_filter(enum sandbox_role role)
{
	(void)role;
	return NULL;
}

#endif
