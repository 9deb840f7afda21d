#include "server/daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/descriptors.h"

/* The parent: exits with the status that the shell is to see. */
static _Noreturn void
stand_by(pid_t child, int ready)
{
	char octet;
	ssize_t n;
	int status;

	do
		n = read(ready, &octet, 1);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_SUCCESS);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_FAILURE);
}

int
daemonize_begin(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	child = fork();
	if (child == -1) {
		int saved = errno;

		close(ends[0]);
		close(ends[1]);
		errno = saved;
		return -1;
	}
	if (child != 0) {
		close(ends[1]);
		stand_by(child, ends[0]);
	}
	close(ends[0]);
	if (setsid() == -1 || chdir("/") == -1)
		return -1;
	return ends[1];
}

int
daemonize_ready(int descriptor)
{
	int ret;

	descriptors_drop_messages();
	ret = write(descriptor, "", 1) == 1 ? 0 : -1;
	close(descriptor);
	return ret;
}

int
daemonize_write_pid(const char *file)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return atomic_file_write(file, text, (size_t)size, 0644);
}
