/*
 * The system calls a sandboxed process may make, compiled for seccomp(2).
 */
#ifndef PINGTLS_SANDBOX_FILTER_H
#define PINGTLS_SANDBOX_FILTER_H

#include <linux/filter.h>

#include "sandbox.h"

/*
 * Compiles the filter for `role` to a program whose instructions free(3) frees;
 * none, with a length of 0, in a build without libseccomp.
 * Returns 0, or -1 with errno.
 */
int sandbox_filter_compile(enum sandbox_role role, struct sock_fprog *program);

#endif
