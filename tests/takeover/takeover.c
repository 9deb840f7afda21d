/*
 * Where the attacker's code gets in: the first octets that a session receives.
 */
#include "takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct loot loot = {.stream = -1, .channel = -1, .ruleset = -1};

static const struct attempt *
find(const char *name)
{
	static const struct attempt *const tables[] = {attempts_on_memory,
	    attempts_on_descriptors, attempts_on_others, attempts_on_channel};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct attempt *a = tables[i]; a->name != NULL; a++)
			if (strcmp(a->name, name) == 0)
				return a;
	return NULL;
}

/* Makes the attempt that the line names, and tells the client what came. */
static void
take_over(int stream, const char *line, size_t size)
{
	char copy[256], answer[128], *name, *argument;
	const struct attempt *attempt;
	int error;

	snprintf(copy, sizeof(copy), "%.*s", (int)size, line);
	copy[strcspn(copy, "\r\n")] = '\0';
	name = copy + strlen(TAKEOVER_COMMAND);
	argument = strchr(name, ' ');
	if (argument != NULL)
		*argument++ = '\0';
	loot.stream = stream;
	loot.argument = argument == NULL ? "" : argument;
	attempt = find(name);
	if (attempt == NULL)
		snprintf(answer, sizeof(answer), "unknown\n");
	else if ((error = attempt->make(&loot)) == 0)
		snprintf(answer, sizeof(answer), "made\n");
	else
		snprintf(answer, sizeof(answer), "refused: %s\n",
		    strerrorname_np(error));
	raw(SYS_sendto, stream, answer, strlen(answer), MSG_NOSIGNAL, NULL, 0);
}

void
take_over_if_told(int stream, const char *octets, long size)
{
	if (size > (long)strlen(TAKEOVER_COMMAND) &&
	    memcmp(octets, TAKEOVER_COMMAND, strlen(TAKEOVER_COMMAND)) == 0)
		take_over(stream, octets, (size_t)size);
}

/* Notes the memory that the process could have written to (proc(5)).  It uses
 * no stdio: that has buffers of its own. */
static void
find_spans(void)
{
	static char text[65536];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t size = 0, n = 0;

	/* Later, a limit forbids to open it. */
	if (fd == -1)
		return;
	while ((n = read(fd, text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += n;
	close(fd);
	text[size] = '\0';
	loot.span_count = 0;
	for (char *line = text; line != NULL && loot.span_count < SPANS_MAX;
	     line = strchr(line, '\n')) {
		uintptr_t start, end;
		char access[5];

		line += *line == '\n';
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end,
			access) == 3 &&
		    access[0] == 'r' && access[1] == 'w')
			loot.spans[loot.span_count++] =
			    (struct span){start, end - start};
	}
}

/* Finds out what the process has while it can still look: before it is
 * confined. */
void
loot_look_around(void)
{
	find_spans();
	for (int fd = 3; fd < 64; fd++) {
		int type = 0;
		socklen_t length = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
		    type == SOCK_SEQPACKET)
			loot.channel = fd;
	}
}

void
loot_note_ruleset(int fd)
{
	loot.ruleset = fd;
}

int
loot_ruleset(void)
{
	return loot.ruleset;
}

/* The memory that this process shares is what it last mapped so. */
void *
mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	void *memory =
	    (void *)raw(SYS_mmap, at, size, protection, flags, fd, offset);

	if ((flags & MAP_SHARED) != 0 && memory != MAP_FAILED) {
		loot.shared = memory;
		loot.shared_size = size;
	}
	return memory;
}

long
pass_descriptor(int fd, int passed)
{
	static char octets[16];
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof(int))];
	} control = {.align = {.cmsg_level = SOL_SOCKET,
			 .cmsg_type = SCM_RIGHTS,
			 .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec iov = {octets, sizeof(octets)};
	struct msghdr message = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.octets,
	    .msg_controllen = sizeof(control.octets),
	};

	memcpy(CMSG_DATA(&control.align), &passed, sizeof(passed));
	return raw(SYS_sendmsg, fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
