/*
 * The system calls that a sandboxed process may make, for seccomp(2).
 */
#ifndef PINGTLS_SANDBOX_FILTER_H
#define PINGTLS_SANDBOX_FILTER_H

#include <linux/filter.h>

#include "confine/sandbox.h"

/* The filter of `role`; NULL in a build without libseccomp. */
const struct sock_fprog *sandbox_filter(enum sandbox_role role);

#endif
