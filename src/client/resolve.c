#include "client/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* Returns 1, or -1 with the cause in `why`. */
static int
judge_resolution(struct look_up *l)
{
	const struct resolution *r = &l->found;

	if (r->error == 0 && r->count > 0 && r->count <= RESOLVER_ADDRESSES_MAX)
		return 1;
	snprintf(l->why, sizeof(l->why), "%s",
	    r->error == EAI_SYSTEM ? strerror(r->system_error)
				   : gai_strerror(r->error));
	return -1;
}

/* Names what kept it from an answer: errno. */
static int
cannot(struct look_up *l)
{
	snprintf(l->why, sizeof(l->why), "cannot look it up: %s",
	    errno == ECHILD ? "the resolver crashed" : strerror(errno));
	return -1;
}

int
resolve_begin(struct look_up *l, struct resolvers *resolvers,
    const struct resolver_question *q, struct dane_answer *dane)
{
	l->resolvers = resolvers;
	l->dane = dane;
	l->fd = -1;
	l->got = 0;
	resolver_convert(q, &l->found);
	if (l->found.error != EAI_NONAME && dane == NULL)
		return judge_resolution(l);
	if (resolver_ask(resolvers, q, &l->resolver) == -1)
		return cannot(l);
	l->fd = l->resolver.fd;
	return 0;
}

int
resolve_continue(struct look_up *l)
{
	const size_t first = sizeof(l->found);
	size_t size = first + (l->dane == NULL ? 0 : sizeof(*l->dane));
	ssize_t n =
	    l->got < first
		? resolver_receive(
		      &l->resolver, (char *)&l->found + l->got, first - l->got)
		: resolver_receive(&l->resolver,
		      (char *)l->dane + (l->got - first), size - l->got);

	if (n == -1)
		return cannot(l);
	l->got += (size_t)n;
	if (l->got < size)
		return 0;
	resolver_keep(l->resolvers, &l->resolver);
	l->fd = -1;
	return judge_resolution(l);
}

void
resolve_end(struct look_up *l)
{
	if (l->fd != -1)
		resolver_end(&l->resolver);
	l->fd = -1;
}
