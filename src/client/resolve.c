#include "client/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_known(const struct resolution *r, const struct addrinfo *a)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->found[i].length == a->ai_addrlen &&
		    memcmp(&r->found[i].address, a->ai_addr, a->ai_addrlen) ==
			0)
			return true;
	return false;
}

static void
resolve_host(const char *host, const char *port, int family, int flags,
    struct resolution *r)
{
	struct addrinfo hints = {
	    .ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = flags | AI_NUMERICSERV,
	};
	struct addrinfo *list;

	memset(r, 0, sizeof(*r));
	r->error = getaddrinfo(host, port, &hints, &list);
	r->system_error = errno;
	if (r->error != 0)
		return;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		struct resolved_address *to = &r->found[r->count];

		if (r->count == RESOLVE_ADDRESSES_MAX || is_known(r, a) ||
		    a->ai_addrlen > sizeof(to->address))
			continue;
		to->length = a->ai_addrlen;
		memcpy(&to->address, a->ai_addr, a->ai_addrlen);
		r->count++;
	}
	freeaddrinfo(list);
}

static void
write_resolution(int fd, const void *octets, size_t size)
{
	const char *from = octets;
	ssize_t n;

	for (; size > 0; size -= (size_t)n, from += n)
		if ((n = write(fd, from, size)) <= 0)
			_exit(1);
}

/* Answers the question, in the child process. */
static void __attribute__((noreturn))
answer_question(int fd, const struct resolve_question *q, const char *port)
{
	static struct dane_answer dane;
	struct resolution r = {.error = EAI_AGAIN};

	if (q->server != NULL)
		dane_look_up(q->server->host.name, q->server->port, &dane);
	/* Addresses help no more where DNS has failed. */
	if (dane.status != DANE_INVALID && dane.status != DANE_SILENT)
		resolve_host(q->host, port, q->family, 0, &r);
	write_resolution(fd, &r, sizeof(r));
	if (q->server != NULL)
		write_resolution(fd, &dane, sizeof(dane));
	_exit(0);
}

/* Runs the look-up in a child process.  Returns 0, or -1 with errno. */
static int
ask_elsewhere(
    struct look_up *l, const struct resolve_question *q, const char *port)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		answer_question(fds[1], q, port);
	}
	close(fds[1]);
	l->fd = fds[0];
	l->child = pid == -1 ? 0 : pid;
	return pid == -1 ? -1 : 0;
}

/* Returns 1, or -1 with the cause in `why`. */
static int
judge_resolution(struct look_up *l)
{
	const struct resolution *r = &l->found;

	if (r->error == 0 && r->count > 0 && r->count <= RESOLVE_ADDRESSES_MAX)
		return 1;
	snprintf(l->why, sizeof(l->why), "%s",
	    r->error == EAI_SYSTEM ? strerror(r->system_error)
				   : gai_strerror(r->error));
	return -1;
}

static int
cannot(struct look_up *l, const char *cause)
{
	snprintf(l->why, sizeof(l->why), "cannot look it up: %s", cause);
	return -1;
}

int
resolve_begin(struct look_up *l, const struct resolve_question *q,
    struct dane_answer *dane)
{
	char port[8];

	l->dane = dane;
	l->child = 0;
	l->fd = -1;
	l->got = 0;
	snprintf(port, sizeof(port), "%u", q->port);
	resolve_host(q->host, port, q->family, AI_NUMERICHOST, &l->found);
	if (l->found.error != EAI_NONAME && dane == NULL)
		return judge_resolution(l);
	return ask_elsewhere(l, q, port) == -1 ? cannot(l, strerror(errno)) : 0;
}

int
resolve_continue(struct look_up *l)
{
	const size_t first = sizeof(l->found);
	size_t size = first + (l->dane == NULL ? 0 : sizeof(*l->dane));
	ssize_t n =
	    l->got < first
		? read(l->fd, (char *)&l->found + l->got, first - l->got)
		: read(
		      l->fd, (char *)l->dane + (l->got - first), size - l->got);

	if (n == -1)
		return errno == EINTR ? 0 : cannot(l, strerror(errno));
	if (n == 0)
		return cannot(l, "the resolver crashed");
	l->got += (size_t)n;
	return l->got < size ? 0 : judge_resolution(l);
}

void
resolve_end(struct look_up *l)
{
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	if (l->child != 0) {
		kill(l->child, SIGKILL);
		waitpid(l->child, NULL, 0);
	}
	l->child = 0;
}
