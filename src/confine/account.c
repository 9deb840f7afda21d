/*
 * The user that the service's processes become.
 */
#include "confine/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

int
account_find(const char *name, struct account *account)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	account->name = name;
	account->uid = pw->pw_uid;
	account->gid = pw->pw_gid;
	account->groups[0] = pw->pw_gid;
	account->group_count = 1;
	return 0;
}

/* What the process that looks up has found. */
struct answer {
	int error; /* an errno, or 0 */
	struct account account;
};

static void
look_up(const char *name, struct answer *answer)
{
	struct account *a = &answer->account;

	answer->error = 0;
	if (account_find(name, a) == -1) {
		answer->error = errno;
		return;
	}
	a->group_count = ACCOUNT_GROUPS_MAX;
	if (getgrouplist(name, a->gid, a->groups, &a->group_count) == -1)
		answer->error = ERANGE;
}

/* Takes the answer from the process and waits for its end. */
static int
receive(int from, pid_t pid, struct answer *answer)
{
	ssize_t n = read(from, answer, sizeof(*answer));

	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (n == sizeof(*answer))
		return 0;
	if (n >= 0)
		errno = ECHILD;
	return -1;
}

int
account_find_with_groups(const char *name, struct account *account)
{
	struct answer answer = {0};
	int ends[2], ret = -1;
	pid_t pid;

	if (pipe(ends) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		look_up(name, &answer);
		_exit(write(ends[1], &answer, sizeof(answer)) == -1);
	}
	close(ends[1]);
	if (pid != -1)
		ret = receive(ends[0], pid, &answer);
	close(ends[0]);
	if (ret == -1)
		return -1;
	*account = answer.account;
	errno = answer.error;
	return answer.error == 0 ? 0 : -1;
}
