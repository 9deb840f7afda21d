/*
 * Files that are read whole: how much, and from what.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"
#include "unit_files.h"

static void
expect(const char *path, size_t most, const char *octets)
{
	size_t size;
	unsigned char *read = file_read(path, most, &size);

	ck_assert_ptr_nonnull(read);
	ck_assert_uint_eq(size, strlen(octets));
	ck_assert_str_eq((char *)read, octets);
	free(read);
}

static void
expect_error(const char *path, size_t most, int error)
{
	size_t size, before = unit_descriptors(getpid());

	errno = 0;
	ck_assert_ptr_null(file_read(path, most, &size));
	ck_assert_int_eq(errno, error);
	ck_assert_uint_eq(unit_descriptors(getpid()), before);
}

START_TEST(reads_a_file_whole)
{
	const char *path = unit_file_write("whole", "octets", 6);

	expect(path, 7, "octets");
	expect(path, 6, "octets");
	expect(unit_file_write("empty", "", 0), 6, "");
}
END_TEST

START_TEST(refuses_what_is_too_large)
{
	expect_error(unit_file_write("large", "octets", 6), 5, EFBIG);
	expect_error("/dev/zero", 100000, EFBIG);
}
END_TEST

START_TEST(says_what_cannot_be_read)
{
	expect_error(unit_file("nowhere"), 10, ENOENT);
	expect_error("/", 10, EISDIR);
}
END_TEST

START_TEST(reads_a_pipe_to_its_end)
{
	char path[64];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "oct", 3), 3);
	ck_assert_int_eq(write(ends[1], "ets", 3), 3);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	expect(path, 10, "octets");
	close(ends[0]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file");
	TCase *c = unit_case(suite, "file");
	int status;

	tcase_add_test(c, reads_a_file_whole);
	tcase_add_test(c, refuses_what_is_too_large);
	tcase_add_test(c, says_what_cannot_be_read);
	tcase_add_test(c, reads_a_pipe_to_its_end);

	unit_files_make();
	status = unit_main(suite);
	unit_files_remove();
	return status;
}
