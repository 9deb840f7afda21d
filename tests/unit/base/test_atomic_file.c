/*
 * Files that are replaced in one step.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "unit.h"
#include "unit_files.h"

static char directory[] = "/tmp/pingtls-atomic-XXXXXX", path[64];

static void
set_up(void)
{
	strcpy(strrchr(directory, '-'), "-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
}

/* Nothing else may be left in the directory. */
static void
tear_down(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
expect(const char *octets, mode_t mode)
{
	struct stat st;
	size_t size;
	char *read = unit_file_read(path, &size);

	ck_assert_str_eq(read, octets);
	free(read);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

START_TEST(makes_a_file_or_replaces_it)
{
	ck_assert_int_eq(atomic_file_write(path, "old octets", 10, 0600), 0);
	expect("old octets", 0600);
	ck_assert_int_eq(atomic_file_write(path, "new", 3, 0644), 0);
	expect("new", 0644);
	ck_assert_int_eq(atomic_file_write(path, "", 0, 0644), 0);
	expect("", 0644);
}
END_TEST

START_TEST(says_where_it_cannot)
{
	ck_assert_int_eq(
	    atomic_file_write("/nowhere/file", "octets", 6, 0600), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(what_cannot_be_written_whole_changes_nothing)
{
	ck_assert_int_eq(atomic_file_write(path, "old", 3, 0600), 0);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){2, RLIM_INFINITY});
	ck_assert_int_eq(atomic_file_write(path, "octets", 6, 0600), -1);
	ck_assert_int_eq(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	expect("old", 0600);
}
END_TEST

START_TEST(a_fifo_stays_one)
{
	struct stat st;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(atomic_file_write(path, "octets", 6, 0644), -1);
	ck_assert_int_eq(errno, ENOTSUP);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
}
END_TEST

START_TEST(a_symbolic_link_is_replaced)
{
	char other[80];
	struct stat st;

	snprintf(other, sizeof(other), "%s/other", directory);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(atomic_file_write(path, "octets", 6, 0644), 0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_int_eq(access(other, F_OK), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("atomic_file");
	TCase *c = unit_case(suite, "atomic_file");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, makes_a_file_or_replaces_it);
	tcase_add_test(c, says_where_it_cannot);
	tcase_add_test(c, what_cannot_be_written_whole_changes_nothing);
	tcase_add_test(c, a_fifo_stays_one);
	tcase_add_test(c, a_symbolic_link_is_replaced);
	return unit_main(suite);
}
