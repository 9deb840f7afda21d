#include "confine/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"

/* The largest ID; the next, (uid_t)-1, is invalid. */
#define ID_MAX 0xfffffffeUL

/* Parses "UID:GID".  Returns 0, or -1 if the text has another form. */
static int
parse_ids(const char *text, uid_t *uid, gid_t *gid)
{
	char user[sizeof("4294967294")] = "";
	size_t length = strcspn(text, ":");
	unsigned long u, g;

	if (text[length] == '\0' || length >= sizeof(user))
		return -1;
	memcpy(user, text, length);
	if (parse_count(user, 0, ID_MAX, &u) == -1 ||
	    parse_count(text + length + 1, 0, ID_MAX, &g) == -1)
		return -1;
	*uid = (uid_t)u;
	*gid = (gid_t)g;
	return 0;
}

static int
look_up_ids(const char *name, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL) {
		if (errno == 0)
			errno = ENOENT;
		return -1;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

int
account_find(const char *name, struct account *account)
{
	if (parse_ids(name, &account->uid, &account->gid) == -1 &&
	    look_up_ids(name, &account->uid, &account->gid) == -1)
		return -1;
	account->name = name;
	account->groups[0] = account->gid;
	account->group_count = 1;
	return 0;
}

/* The result of the look-up in the child process. */
struct answer {
	int error; /* an errno, or 0 */
	struct account account;
};

static void
look_up_account(const char *name, struct answer *answer)
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

/* Receives the result from the child and waits for its end. */
static int
receive_answer(int from, pid_t pid, struct answer *answer)
{
	char *to = (char *)answer;
	size_t left = sizeof(*answer);
	ssize_t n;

	/* More than PIPE_BUF may come in parts (pipe(7)). */
	do {
		n = read(from, to, left);
		if (n > 0) {
			to += n;
			left -= (size_t)n;
		}
	} while ((n > 0 && left > 0) || (n == -1 && errno == EINTR));
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (left == 0)
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
		look_up_account(name, &answer);
		_exit(write(ends[1], &answer, sizeof(answer)) == -1);
	}
	close(ends[1]);
	if (pid != -1)
		ret = receive_answer(ends[0], pid, &answer);
	close(ends[0]);
	if (ret == -1)
		return -1;
	*account = answer.account;
	errno = answer.error;
	return answer.error == 0 ? 0 : -1;
}

const char *
account_error(
    const struct account *account, int error, char text[ACCOUNT_ERROR_MAX])
{
	bool named = account != NULL && (error == EACCES || error == EPERM);

	snprintf(text, ACCOUNT_ERROR_MAX, "%s%s%.32s", file_error(error),
	    named ? " to user " : "", named ? account->name : "");
	return text;
}
