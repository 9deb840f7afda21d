#include "listener/shared_result.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/descriptors.h"

int
shared_result_new(void)
{
	int fd = memfd_create("session", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	if (ftruncate(fd, sizeof(struct shared_result)) == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) ==
		-1) {
		close(fd);
		return -1;
	}
	return descriptors_move(fd, DESCRIPTORS_HIGH);
}

struct shared_result *
shared_result_map(int fd)
{
	void *shared = mmap(NULL, sizeof(struct shared_result),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

bool
shared_result_left(int fd)
{
	uint32_t left = 0;

	return pread(fd, &left, sizeof(left),
		   offsetof(struct shared_result, left)) == sizeof(left) &&
	       left != 0;
}

bool
shared_result_read(int fd, struct session_result *result)
{
	return pread(fd, result, sizeof(*result),
		   offsetof(struct shared_result, result)) == sizeof(*result);
}
