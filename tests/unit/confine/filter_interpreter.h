/*
 * An interpreter of seccomp(2) programs, for those of architectures whose
 * kernel is not here.  test_sandbox_filter.c checks it against the kernel.
 */
#ifndef UNIT_FILTER_INTERPRETER_H
#define UNIT_FILTER_INTERPRETER_H

#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

/* The architecture that the tests are built for (AUDIT_ARCH_*). */
extern const uint32_t filter_architecture;

/*
 * What the program returns for a system call (SECCOMP_RET_*).  Aborts at an
 * instruction that the kernel would not take in a filter, or that libseccomp
 * does not use.
 */
uint32_t filter_interpret(
    const struct sock_fprog *, const struct seccomp_data *);

#endif
