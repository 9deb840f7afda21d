/*
 * The unprivileged user of the server's processes.
 */
#ifndef PINGTLS_ACCOUNT_H
#define PINGTLS_ACCOUNT_H

#include <sys/types.h>

/* The maximum number of groups, the primary one included: more than a directory
 * service gives anyone, though less than NGROUPS_MAX of the kernel. */
#define ACCOUNT_GROUPS_MAX 1024

struct account {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int group_count;
};

/*
 * Looks up `name`, a user name (getpwnam(3)) or "UID:GID", without
 * supplementary groups: for a process that opens no files once it has changed
 * to the user. `name` is not copied.  Returns 0, or -1 with errno (ENOENT: no
 * such user).
 */
int account_find(const char *name, struct account *account);

/*
 * The same with the supplementary groups (getgrouplist(3)).  The look-up is
 * made in a child process: the libraries that it loads (nsswitch.conf(5)) would
 * otherwise stay mapped and slow down every fork.  Returns 0, or -1 with errno
 * (ENOENT; ERANGE: too many groups).
 */
int account_find_with_groups(const char *name, struct account *account);

/* Room for the text of account_error(). */
#define ACCOUNT_ERROR_MAX 128

/*
 * Formats the errno of a file that could not be opened, with the name of the
 * account if it lacks the permission; NULL: the user is whoever runs the
 * program, and not named.  Returns `text`.
 */
const char *account_error(
    const struct account *, int error, char text[ACCOUNT_ERROR_MAX]);

#endif
