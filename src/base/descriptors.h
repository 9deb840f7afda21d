/*
 * The open descriptors of a process: the standard ones are always open, and no
 * others are passed on by accident.
 */
#ifndef PINGTLS_DESCRIPTORS_H
#define PINGTLS_DESCRIPTORS_H

#include <stddef.h>

/*
 * Makes sure that 0, 1 and 2 are open.  If the program was started with one
 * closed, the next socket would get its number, and messages for the user would
 * be sent to a peer.  /dev/null is opened in its place, in the wrong direction,
 * so that using it still fails with EBADF.  Returns 0, or -1 with errno.
 */
int descriptors_reserve_standard(void);

/* Redirects 0 and 1 to /dev/null: messages still go to 2.  Returns 0, or -1
 * with errno. */
int descriptors_drop_input_and_output(void);

/* After that, and in a child, too: redirects 2 to where 0 is, or closes it. */
void descriptors_drop_messages(void);

/* Redirects 0, 1 and 2 to /dev/null, or closes them if that fails. */
void descriptors_drop_standard(void);

/*
 * Raises the soft limit on open descriptors to the hard limit (RLIMIT_NOFILE in
 * setrlimit(2)).  Returns that limit.
 */
unsigned long descriptors_raise_limit(void);

/*
 * Makes out-of-band data part of the normal stream (SO_OOBINLINE).  On a unix
 * socket poll(2) would otherwise report it for ever, and no read would take it.
 */
void descriptors_read_out_of_band(int socket);

/*
 * Closes every descriptor from 3 on except the `count` in `keep`, any of which
 * may be -1.  If that is impossible the process is aborted: it must never go on
 * with a descriptor that it should not have.
 */
void descriptors_keep(const int *keep, size_t count);

/*
 * Gives the `count` descriptors in `fds` the numbers from 3 on, in this order,
 * and closes all others but 0, 1 and 2, as descriptors_keep() does.  A number
 * whose descriptor is -1 stays free.  Returns 0 with the new numbers in `fds`,
 * or -1 with errno.
 */
int descriptors_place(int *fds, size_t count);

/*
 * The lowest number of a descriptor that no child is to have: one that shares
 * the table of descriptors copies it up to the highest that it keeps
 * (session_fork.h), which are thus kept low.
 */
#define DESCRIPTORS_HIGH 256

/* Gives `fd` the lowest free number from `from` on, or leaves it where it is if
 * there is none.  Returns its number. */
int descriptors_move(int fd, int from);

/*
 * Sends a packet of `size` octets over the unix socket, with `descriptor`
 * (SCM_RIGHTS in unix(7)) unless it is -1.  Never waits.  Returns 0, or -1 with
 * errno.
 */
int descriptors_send(
    int socket, const void *octets, size_t size, int descriptor);

#endif
