/*
 * A directory of a test program's own, with the certificates and keys that
 * certs/make-certs makes.
 */
#include "unit_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#define PATH_SIZE 1024

static char directory[PATH_SIZE / 2];

static void
give_up(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(EXIT_FAILURE);
}

void
unit_files_make(void)
{
	const char *source = getenv("top_srcdir"), *tmp = getenv("TMPDIR");
	char script[PATH_SIZE];
	int status;
	pid_t pid;

	if (source == NULL)
		give_up("top_srcdir is not in the environment");
	snprintf(directory, sizeof(directory), "%s/pingtls-unit.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(directory) == NULL)
		give_up("cannot make a directory for temporary files");
	snprintf(script, sizeof(script), "%s/certs/make-certs", source);
	pid = fork();
	if (pid == 0) {
		execl(script, script, directory, NULL);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0) {
		unit_files_remove();
		give_up("certs/make-certs failed");
	}
}

void
unit_files_remove(void)
{
	DIR *list = opendir(directory);
	struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL)
		unlinkat(dirfd(list), entry->d_name, 0);
	if (list != NULL)
		closedir(list);
	rmdir(directory);
}

const char *
unit_file(const char *name)
{
	static char paths[32][PATH_SIZE];
	static size_t next;
	char *path = paths[next++ % 32];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

const char *
unit_file_write(const char *name, const void *data, size_t size)
{
	const char *path = unit_file(name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

char *
unit_file_read(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	char *data = calloc(1, 65536);

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(data);
	*size = fread(data, 1, 65535, file);
	fclose(file);
	return data;
}
