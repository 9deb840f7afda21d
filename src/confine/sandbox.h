/*
 * Dropping privileges, in two steps.
 *
 * sandbox_give_up_privileges() changes to the unprivileged user and gives up
 * what no process of the server needs.  sandbox_enter() then confines the
 * process to what its role needs: a session before it reads its first octet,
 * the keyholder after it has read its keys.
 */
#ifndef PINGTLS_SANDBOX_H
#define PINGTLS_SANDBOX_H

#include "confine/account.h"

#define SANDBOX_WHY_MAX 160

/*
 * Changes to `account` and its groups, unless it is NULL; forbids gaining
 * privileges by execve (PR_SET_NO_NEW_PRIVS); and makes the process not
 * dumpable, so that others of the same user can neither trace it nor read its
 * memory (PR_SET_DUMPABLE, proc(5)).  None of this can be undone.
 *
 * Returns 0, or -1 with one line in `why` (SANDBOX_WHY_MAX octets).
 */
int sandbox_give_up_privileges(const struct account *account, char *why);

/* The kind of process that a sandbox is for. */
enum sandbox_role {
	SANDBOX_SESSION,
	SANDBOX_INETD, /* a session that writes its own log at its end */
	SANDBOX_KEYHOLDER,
	SANDBOX_CLIENT, /* a conversation of the client */
};

/* The layers of a sandbox, as bits. */
enum sandbox_layer {
	SANDBOX_LIMITS = 1,
	SANDBOX_LANDLOCK = 2,
	SANDBOX_SECCOMP = 4,
};

/* The descriptors that the filters of a session and of the client know by their
 * numbers. */
enum sandbox_place {
	SANDBOX_STREAM = 3,
	SANDBOX_CHANNEL,
};

struct sandbox;

/*
 * Prepares a sandbox, in particular its Landlock ruleset.  The listener does so
 * once, so that entering it costs each session little.  Returns NULL with
 * errno.
 */
struct sandbox *sandbox_new(enum sandbox_role);

/* The descriptor of the Landlock ruleset, or -1. */
int sandbox_descriptor(const struct sandbox *);

/* NULL is allowed. */
void sandbox_free(struct sandbox *);

/*
 * Enters the sandbox for good; sandbox_give_up_privileges() comes before.
 * `descriptor` is sandbox_descriptor(), or the number it has since been moved
 * to.  It is closed, so that no one can add to what it allows; the process is
 * not to use the sandbox again, nor free it.  From then on it has its open
 * descriptors and its memory, and little else:
 *
 * - limits: no process, for a session and the client no new descriptor, and at
 *   most SANDBOX_DATA_MAX octets of private memory, which the client may have
 *   in addition to what it had before (setrlimit(2));
 * - Landlock, where the kernel has it: no file, no TCP connection, no signal or
 *   abstract unix socket to others (landlock(7));
 * - seccomp, where this build has it: memory, messages on the sockets that are
 *   there, time and an end.  What libraries try and do without fails with
 *   EPERM; all else kills the process (seccomp(2), sandbox_compiler.c).
 *
 * Returns 0, or -1 with errno; then the process must not go on.
 */
int sandbox_enter(const struct sandbox *, int descriptor);

/*
 * The same for the client, which goes on without what the kernel refuses.
 * Returns the layers that are not in force.
 */
unsigned int sandbox_enter_as_possible(const struct sandbox *, int descriptor);

/* Describes a signal that ended a process, for the log.  What exceeds the
 * filter of system calls is killed by SIGSYS. */
const char *sandbox_signal_text(int signal);

/* A TLS session needs about half a MiB. */
#define SANDBOX_DATA_MAX (32L * 1024 * 1024)

#endif
