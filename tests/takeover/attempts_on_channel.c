/*
 * What is done to the keyholder by the one way to it.
 */
#include "takeover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int
result(long returned)
{
	return returned == -1 ? errno : 0;
}

/* Row 6: no more requests, or no more replies. */
static int
shut_channel(const struct loot *loot)
{
	return result(raw(SYS_shutdown, loot->channel, SHUT_RDWR));
}

/* Row 6: no room for a request. */
static int
shrink_channel(const struct loot *loot)
{
	int size = 1;

	return result(raw(SYS_setsockopt, loot->channel, SOL_SOCKET, SO_SNDBUF,
	    &size, sizeof(size)));
}

/* What is no request, until nothing more is taken. */
static int
babble(const struct loot *loot)
{
	static char octets[4096];

	memset(octets, 0xff, sizeof(octets));
	for (int i = 0; i < 100000; i++)
		if (raw(SYS_sendto, loot->channel, octets,
			(size_t)i % sizeof(octets), MSG_DONTWAIT | MSG_NOSIGNAL,
			NULL, 0) == -1)
			return errno;
	return 0;
}

const struct attempt attempts_on_channel[] = {
    {"shut_channel", shut_channel},
    {"shrink_channel", shrink_channel},
    {"babble", babble},
    {NULL, NULL},
};
