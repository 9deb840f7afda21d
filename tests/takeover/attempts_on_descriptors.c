/*
 * Descriptors beyond one's limit, and what is done with the ones there are.
 */
#include "takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

/* More than RLIMIT_NOFILE usually lets a process have; the limit is met before
 * all are. */
#define MANY 20000

static int
result(long returned)
{
	return returned == -1 ? errno : 0;
}

/* Row 2: descriptors on their way, which the kernel counts for the user. */
static int
in_flight(const struct loot *loot)
{
	int pair[2], sent = 0;

	while (sent < MANY) {
		if (raw(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair) == -1)
			return sent > 0 ? 0 : errno;
		/* A queue has room for some ten datagrams. */
		while (pass_descriptor(pair[0], loot->stream) != -1)
			sent++;
		if (errno == ETOOMANYREFS)
			return 0;
		if (errno != EAGAIN)
			return errno;
	}
	return 0;
}

/* Row 4: a signal for what happens on a descriptor, to the process named. */
static int
signal_by_input(const struct loot *loot)
{
	long victim = strtol(loot->argument, NULL, 10);

	if (raw(SYS_fcntl, loot->stream, F_SETOWN, victim) == -1 ||
	    raw(SYS_fcntl, loot->stream, F_SETSIG, SIGKILL) == -1)
		return errno;
	return result(raw(
	    SYS_fcntl, loot->stream, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC));
}

static void
name_socket(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, path, sizeof(address->sun_path) - 1);
}

/* Row 5: text to the socket named, which may be any of the machine's. */
static int
datagram(const struct loot *loot)
{
	struct sockaddr_un address;
	int pair[2];

	name_socket(&address, loot->argument);
	if (raw(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair) == -1)
		return errno;
	return result(raw(SYS_sendto, pair[0], "forged", 6, MSG_NOSIGNAL,
	    &address, sizeof(address)));
}

/* Row 7: memory of the kernel's, in queues that no one reads. */
static int
queues(const struct loot *loot)
{
	static char octets[65536];
	int pair[2];

	(void)loot;
	for (int i = 0; i < 500; i++) {
		if (raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair) == -1)
			return errno;
		raw(SYS_sendto, pair[0], octets, sizeof(octets),
		    MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	}
	return 0;
}

/* Row 7: as many as the limit is, which is the whole service's. */
static int
duplicates(const struct loot *loot)
{
	for (int i = 0; i < 500; i++)
		if (raw(SYS_fcntl, loot->stream, F_DUPFD, 0) == -1)
			return errno;
	return 0;
}

static int
buffers(const struct loot *loot)
{
	int size = 1 << 30;

	return result(raw(SYS_setsockopt, loot->stream, SOL_SOCKET, SO_RCVBUF,
	    &size, sizeof(size)));
}

/* Row 8: a line of the log, and what a terminal does. */
static int
write_log(const struct loot *loot)
{
	static const char forged[] = "\033[2Jpingtlsd: forged line\n";

	(void)loot;
	return raw(SYS_write, 2, forged, sizeof(forged) - 1) ==
	               sizeof(forged) - 1
	           ? 0
	           : errno;
}

/* Row 13: descriptors that are neither of the session's two.  One that can be
 * closed was open. */
static int
close_others(const struct loot *loot)
{
	int closed = 0;

	for (int fd = 3; fd < 1024; fd++)
		if (fd != loot->stream && fd != loot->channel &&
		    raw(SYS_close, fd) == 0)
			closed++;
	return closed > 0 ? 0 : EBADF;
}

/* Every descriptor that the process may still have. */
static int
close_all(const struct loot *loot)
{
	(void)loot;
	for (int fd = 0; fd < 1024; fd++)
		raw(SYS_close, fd);
	raw(SYS_exit_group, 0);
	return 0;
}

/* Calls of which it is said that they are nobody else's business. */
static int
spin(const struct loot *loot)
{
	static unsigned char octets[256];
	struct timespec now, none = {0, 0};
	unsigned int word = 0;

	for (int i = 0; i < 20000; i++) {
		raw(SYS_getrandom, octets, sizeof(octets), 0);
		raw(SYS_clock_gettime, CLOCK_REALTIME, &now);
		raw(SYS_getpid);
		raw(SYS_gettimeofday, NULL, NULL);
#ifdef SYS_time
		raw(SYS_time, NULL);
#endif
		raw(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1000);
		raw(SYS_munmap, NULL, 4096);
		raw(SYS_ppoll, NULL, 0, &none, NULL, 0);
	}
	return loot == NULL;
}

static int
shut_stream(const struct loot *loot)
{
	return result(raw(SYS_shutdown, loot->stream, SHUT_RDWR));
}

static int
receive_all(const struct loot *loot)
{
	static char octets[65536];

	for (int fd = 0; fd < 1024; fd++)
		raw(SYS_recvfrom, fd, octets, sizeof(octets),
		    MSG_DONTWAIT | MSG_PEEK, NULL, NULL);
	return loot == NULL;
}

/* Row 9: the session's time, which it is to keep itself. */
static int
stay(const struct loot *loot)
{
	while (loot != NULL)
		raw(SYS_ppoll, NULL, 0, NULL, NULL, 0);
	return 0;
}

const struct attempt attempts_on_descriptors[] = {
    {"in_flight", in_flight},
    {"signal_by_input", signal_by_input},
    {"datagram", datagram},
    {"queues", queues},
    {"duplicates", duplicates},
    {"buffers", buffers},
    {"write_log", write_log},
    {"close_others", close_others},
    {"close_all", close_all},
    {"shut_stream", shut_stream},
    {"receive_all", receive_all},
    {"spin", spin},
    {"stay", stay},
    {NULL, NULL},
};
