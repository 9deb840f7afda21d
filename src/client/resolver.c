#include "client/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/address.h"
#include "base/descriptors.h"

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
resolve_host(const struct resolver_question *q, int flags, struct resolution *r)
{
	struct addrinfo hints = {
	    .ai_family = q->family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_flags = flags | AI_NUMERICSERV,
	};
	struct addrinfo *list;
	char port[ADDRESS_PORT_MAX];

	snprintf(port, sizeof(port), "%u", q->port);
	memset(r, 0, sizeof(*r));
	r->error = getaddrinfo(q->host, port, &hints, &list);
	r->system_error = errno;
	if (r->error != 0)
		return;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		struct resolved_address *to = &r->found[r->count];

		if (r->count == RESOLVER_ADDRESSES_MAX || is_known(r, a) ||
		    a->ai_addrlen > sizeof(to->address))
			continue;
		to->length = a->ai_addrlen;
		memcpy(&to->address, a->ai_addr, a->ai_addrlen);
		r->count++;
	}
	freeaddrinfo(list);
}

void
resolver_convert(const struct resolver_question *q, struct resolution *r)
{
	resolve_host(q, AI_NUMERICHOST, r);
}

/* Answers a question, in the process.  Returns 0 or -1. */
static int
answer(int fd, const struct resolver_question *q)
{
	static struct dane_answer dane;
	struct resolution r = {.error = EAI_AGAIN};

	if (q->records)
		dane_look_up(q->server, q->server_port, &dane);
	/* Addresses help no more where DNS has failed. */
	if (!q->records ||
	    (dane.status != DANE_INVALID && dane.status != DANE_SILENT))
		resolve_host(q, 0, &r);
	if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) == -1)
		return -1;
	return q->records && send(fd, &dane, sizeof(dane), MSG_NOSIGNAL) == -1
	           ? -1
	           : 0;
}

/* Answers questions until there are no more. */
static _Noreturn void
serve(int fd)
{
	struct resolver_question q;

	/* It must not keep open what others close. */
	descriptors_keep(&fd, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "pingtls-resolve"); /* for ps(1) */
	while (recv(fd, &q, sizeof(q), MSG_WAITALL) == sizeof(q) &&
	       answer(fd, &q) == 0)
		;
	_exit(0);
}

static int
start_resolver(struct resolver *r)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		serve(pair[1]);
	close(pair[1]);
	*r = (struct resolver){.pid = pid, .fd = pair[0]};
	if (pid != -1)
		return 0;
	close(pair[0]);
	return -1;
}

static int
ask(const struct resolver *r, const struct resolver_question *q)
{
	return send(r->fd, q, sizeof(*q), MSG_NOSIGNAL) == sizeof(*q) ? 0 : -1;
}

int
resolver_ask(struct resolvers *all, const struct resolver_question *q,
    struct resolver *r)
{
	while (all->count > 0) {
		*r = all->kept[--all->count];
		if (ask(r, q) == 0)
			return 0;
		/* It was killed meanwhile. */
		resolver_end(r);
	}
	if (start_resolver(r) == -1)
		return -1;
	if (ask(r, q) == 0)
		return 0;
	resolver_end(r);
	return -1;
}

ssize_t
resolver_receive(const struct resolver *r, void *part, size_t size)
{
	ssize_t n = recv(r->fd, part, size, MSG_DONTWAIT);

	if (n > 0)
		return n;
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n == 0 || errno == ECONNRESET)
		errno = ECHILD;
	return -1;
}

void
resolver_keep(struct resolvers *all, struct resolver *r)
{
	if (all->count < RESOLVERS_KEPT_MAX)
		all->kept[all->count++] = *r;
	else
		resolver_end(r);
}

void
resolver_end(struct resolver *r)
{
	close(r->fd);
	kill(r->pid, SIGKILL);
	while (waitpid(r->pid, NULL, 0) == -1 && errno == EINTR)
		;
}

void
resolvers_clear(struct resolvers *all)
{
	while (all->count > 0)
		resolver_end(&all->kept[--all->count]);
}
