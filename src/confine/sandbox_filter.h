/*
 * The seccomp(2) filters, compiled at build time by sandbox_compiler.
 */
#ifndef PINGTLS_SANDBOX_FILTER_H
#define PINGTLS_SANDBOX_FILTER_H

#include <linux/filter.h>

#include "confine/sandbox.h"

/* The filter of `role`; NULL in a build without libseccomp. */
const struct sock_fprog *sandbox_filter(enum sandbox_role role);

#endif
