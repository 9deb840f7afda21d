/*
 * The user that the service's processes become.
 */
#ifndef PINGTLS_ACCOUNT_H
#define PINGTLS_ACCOUNT_H

#include <sys/types.h>

/* Groups of an account, its own included. */
#define ACCOUNT_GROUPS_MAX 64

struct account {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_GROUPS_MAX];
	int group_count;
};

/*
 * Looks `name` up (getpwnam(3)); "UID:GID" needs no account.  With no groups
 * but its own: for a process that opens no file any more once it is that user.
 * Takes the name by reference.
 * Returns 0, or -1 with errno (ENOENT: there is no such user).
 */
int account_find(const char *name, struct account *account);

/*
 * The same with the supplementary groups (getgrouplist(3)).  A process of its
 * own does it, so that what the name service loads for it (nsswitch.conf(5))
 * ends with that: in the caller it would stay, and be copied into each session.
 * Returns 0, or -1 with errno (ENOENT; ERANGE: the user is in too many groups).
 */
int account_find_with_groups(const char *name, struct account *account);

#endif
