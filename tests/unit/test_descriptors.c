/*
 * The descriptors of a process that needs few.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "unit.h"

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Whether just these are left, from 3 on.  In a process of its own, as the
 * test's own descriptors would go, too. */
static bool
leaves(const int *keep, size_t count)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		for (int fd = 3; fd < 20; fd++)
			dup2(0, fd);
		descriptors_keep(keep, count);
		for (int fd = 0; fd < 20; fd++) {
			bool kept = fd < 3;

			for (size_t i = 0; i < count; i++)
				kept = kept || keep[i] == fd;
			if (is_open(fd) != kept)
				_exit(1);
		}
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

START_TEST(keeps_these_and_no_other)
{
	ck_assert(leaves(NULL, 0));
	ck_assert(leaves((int[]){3}, 1));
	ck_assert(leaves((int[]){19}, 1));
	ck_assert(leaves((int[]){7, 5, 6}, 3));
	ck_assert(leaves((int[]){12, -1, 4}, 3));
	ck_assert(leaves((int[]){9, 9}, 2));
	ck_assert(leaves((int[]){-1, -1}, 2));
	ck_assert(leaves((int[]){1, 8}, 2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("descriptors");

	tcase_add_test(
	    unit_case(suite, "descriptors"), keeps_these_and_no_other);
	return unit_main(suite);
}
