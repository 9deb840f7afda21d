/*
 * Socket calls for confined processes, made directly as system calls.
 *
 * On some architectures, such as i386, the C library makes them by
 * socketcall(2), whose arguments are in memory, where a filter of system calls
 * cannot see them; so that is forbidden.  All architectures have them as system
 * calls of their own as well.
 */
#ifndef PINGTLS_DIRECT_CALLS_H
#define PINGTLS_DIRECT_CALLS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* As recv(2). */
static inline ssize_t
direct_recv(int fd, void *data, size_t size, int flags)
{
	return syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

/* As recvmsg(2). */
static inline ssize_t
direct_recvmsg(int fd, struct msghdr *message, int flags)
{
	return syscall(SYS_recvmsg, fd, message, flags);
}

/* As send(2). */
static inline ssize_t
direct_send(int fd, const void *data, size_t size, int flags)
{
	return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

/* As shutdown(2). */
static inline int
direct_shutdown(int fd, int how)
{
	return (int)syscall(SYS_shutdown, fd, how);
}

#endif
