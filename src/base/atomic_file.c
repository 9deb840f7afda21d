#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int
write_all(int fd, const char *octets, size_t size)
{
	ssize_t n;

	for (; size > 0; octets += n, size -= (size_t)n) {
		n = write(fd, octets, size);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n == -1)
			n = 0;
	}
	return 0;
}

/* Writes the temporary file and closes it, also on failure. */
static int
write_and_close(int fd, const void *octets, size_t size, mode_t mode)
{
	int ret = -1, saved;

	if (fchmod(fd, mode) == 0 && write_all(fd, octets, size) == 0)
		ret = 0;
	saved = errno;
	/* A delayed write (NFS, quota) may report its failure only here. */
	if (close(fd) == -1 && ret == 0)
		return -1;
	errno = saved;
	return ret;
}

/* True of a device, a FIFO and a socket.  Of a directory rename(2) says what it
 * is. */
static bool
is_special(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	       !S_ISLNK(st.st_mode) && !S_ISDIR(st.st_mode);
}

int
atomic_file_write(
    const char *path, const void *octets, size_t size, mode_t mode)
{
	char *name;
	int fd, ret = -1, saved;

	if (is_special(path)) {
		errno = ENOTSUP;
		return -1;
	}
	/* In the same directory, so that rename(2) replaces the file. */
	if (asprintf(&name, "%s.XXXXXX", path) == -1)
		return -1;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd != -1) {
		ret = write_and_close(fd, octets, size, mode);
		if (ret == 0)
			ret = rename(name, path);
		saved = errno;
		if (ret == -1)
			unlink(name);
		errno = saved;
	}
	saved = errno;
	free(name);
	errno = saved;
	return ret;
}
