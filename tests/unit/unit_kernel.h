/*
 * A kernel that lacks a system call, played to the process that asks for it.
 */
#ifndef PINGTLS_UNIT_KERNEL_H
#define PINGTLS_UNIT_KERNEL_H

/*
 * From now on the system call `number` fails with `error` in this process and
 * in its children; 0: it succeeds and does nothing.  The test fails if that
 * cannot be had.
 */
void unit_kernel_lacks(long number, int error);

#endif
