/*
 * In the place of src/listener/shared_result.c: the results of all sessions in
 * one object, each at its page, as they once were.
 */
#include "listener/shared_result.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRST 256
#define PAGE 4096L
#define PAGES 1024

static off_t
place(int fd)
{
	return (fd - FIRST) * PAGE;
}

int
shared_result_new(void)
{
	static const char empty[PAGE];
	static int all = -1;
	int fd;

	if (all == -1 && ((all = memfd_create("sessions", MFD_CLOEXEC)) == -1 ||
			     ftruncate(all, PAGES * PAGE) == -1))
		return -1;
	fd = fcntl(all, F_DUPFD_CLOEXEC, FIRST);
	if (fd != -1 && pwrite(fd, empty, PAGE, place(fd)) != PAGE)
		return -1;
	return fd;
}

struct shared_result *
shared_result_map(int fd)
{
	void *shared = mmap(NULL, sizeof(struct shared_result),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, place(fd));

	return shared == MAP_FAILED ? NULL : shared;
}

bool
shared_result_left(int fd)
{
	uint32_t left = 0;

	return pread(fd, &left, sizeof(left),
		   place(fd) + (off_t)offsetof(struct shared_result, left)) ==
	           sizeof(left) &&
	       left != 0;
}

bool
shared_result_read(int fd, struct session_result *result)
{
	return pread(fd, result, sizeof(*result),
		   place(fd) + (off_t)offsetof(struct shared_result, result)) ==
	       sizeof(*result);
}
