#include "keyholder/keyholder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "keyholder/keyholder_process.h"

/* From Linux 6.16, not yet in Debian 12's headers. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

struct keyholder {
	int control;
	pid_t pid;
};

struct keyholder *
keyholder_new(int control)
{
	struct keyholder *k = calloc(1, sizeof(*k));

	if (k != NULL)
		k->control = control;
	return k;
}

int
keyholder_fd(const struct keyholder *k)
{
	return k->control;
}

struct keyholder *
keyholder_start(const struct keyholder_options *options, char *why)
{
	struct keyholder *k = calloc(1, sizeof(*k));
	int pair[2];

	if (k == NULL ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		snprintf(why, KEYHOLDER_WHY_MAX,
		    "cannot start the keyholder: %s", strerror(errno));
		free(k);
		return NULL;
	}
	k->control = pair[0];
	k->pid = fork();
	if (k->pid == 0)
		keyholder_process(pair[1], options);
	close(pair[1]);
	if (k->pid != -1)
		return k;
	snprintf(why, KEYHOLDER_WHY_MAX, "cannot fork the keyholder: %s",
	    strerror(errno));
	keyholder_free(k);
	return NULL;
}

void
keyholder_retire(const struct keyholder *k)
{
	shutdown(k->control, SHUT_WR);
}

void
keyholder_free(struct keyholder *k)
{
	if (k == NULL)
		return;
	close(k->control);
	free(k);
}

pid_t
keyholder_pid(const struct keyholder *k)
{
	return k->pid;
}

int
keyholder_open_channel(const struct keyholder *k)
{
	int pair[2], none = 0, ret, saved;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, pair) == -1)
		return -1;
	/* Forbids sending descriptors to the keyholder, where the kernel can:
	 * it would have to close them, and closing a socket with SO_LINGER can
	 * block. */
	(void)setsockopt(
	    pair[1], SOL_SOCKET, SO_PASSRIGHTS, &none, sizeof(none));
	ret = descriptors_send(k->control, "", 1, pair[1]);
	saved = errno;
	close(pair[1]);
	if (ret == 0)
		return pair[0];
	close(pair[0]);
	errno = saved;
	return -1;
}

const char *
keyholder_open_error(
    const struct keyholder_options *o, char text[ACCOUNT_ERROR_MAX])
{
	return account_error(
	    o->opened_as_account ? o->account : NULL, errno, text);
}
