#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* SIGALRM came: the time is over. */
static volatile sig_atomic_t late;

static void
note_late(int signal)
{
	(void)signal;
	late = 1;
}

/* Blocks or unblocks SIGALRM. */
static void
mask_alarm(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(how, &set, NULL);
}

void
file_time_begin(void)
{
	const struct itimerval when = {
	    .it_value.tv_sec = FILE_TIME_MS / 1000,
	    .it_interval.tv_sec = 1,
	};
	struct sigaction action = {
	    .sa_handler = note_late,
	    .sa_flags = (int)SA_RESETHAND, /* the second kills */
	};

	late = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	mask_alarm(SIG_UNBLOCK);
	setitimer(ITIMER_REAL, &when, NULL);
}

void
file_time_end(void)
{
	const struct itimerval never = {0};

	setitimer(ITIMER_REAL, &never, NULL);
	mask_alarm(SIG_BLOCK);
}

const char *
file_error(int error)
{
	_Static_assert(FILE_TIME_MS == 10000, "as the text says");

	return error == EINTR ? "no end within 10 s" : strerror(error);
}

/* Reads up to end of file, at most `most` octets.  Returns how many, or -1. */
static ssize_t
read_to_end(int fd, unsigned char *octets, size_t most)
{
	size_t size = 0;
	ssize_t n;

	while (size < most) {
		n = read(fd, octets + size, most - size);
		if (n == -1 && errno == EINTR && !late)
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
