#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads up to end of file, at most `most` octets.  Returns how many, or -1. */
static ssize_t
read_to_end(int fd, unsigned char *octets, size_t most)
{
	size_t size = 0;
	ssize_t n;

	while (size < most) {
		n = read(fd, octets + size, most - size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	return (ssize_t)size;
}

unsigned char *
file_read(const char *path, size_t most, size_t *size)
{
	unsigned char *octets = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	ssize_t n = -1;

	if (fd == -1)
		return NULL;
	/* Room for one octet more, to notice a file that is too large. */
	octets = malloc(most + 1);
	if (octets != NULL)
		n = read_to_end(fd, octets, most + 1);
	if (n > (ssize_t)most) {
		errno = EFBIG;
		n = -1;
	}
	saved = errno;
	close(fd);
	if (n == -1) {
		free(octets);
		errno = saved;
		return NULL;
	}
	octets[n] = '\0';
	*size = (size_t)n;
	return octets;
}
