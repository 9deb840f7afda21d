/*
 * Processes that look names up.  The C library's look-ups cannot be
 * interrupted, but such a process can be killed.  One that has answered is kept
 * for the next question, as starting it takes longer than most answers.
 */
#ifndef PINGTLS_RESOLVER_H
#define PINGTLS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "client/dane.h"

/* More than any useful host has. */
#define RESOLVER_ADDRESSES_MAX 32

struct resolved_address {
	socklen_t length;
	struct sockaddr_storage address;
};

struct resolution {
	int error;        /* of getaddrinfo(3); 0: none */
	int system_error; /* errno, for EAI_SYSTEM */
	uint32_t count;   /* without duplicates */
	struct resolved_address found[RESOLVER_ADDRESSES_MAX];
};

/* What to look up. */
struct resolver_question {
	char host[HOST_NAME_MAX_OCTETS]; /* a name or a number */
	uint16_t port;                   /* is set in the addresses */
	int family;
	bool records; /* TLSA records are asked for, too: of this server */
	char server[HOST_NAME_MAX_OCTETS];
	uint16_t server_port;
};

struct resolver {
	pid_t pid;
	int fd; /* readable when there is an answer, or none will come */
};

/* So many are kept at most. */
#define RESOLVERS_KEPT_MAX 16

/* Those without a question.  Initially zero. */
struct resolvers {
	struct resolver kept[RESOLVERS_KEPT_MAX];
	size_t count;
};

/* Converts a number to addresses, without any process.  With another host the
 * error is EAI_NONAME. */
void resolver_convert(const struct resolver_question *, struct resolution *);

/* Asks a resolver that was kept, or a new one.  Returns 0, or -1 with errno. */
int resolver_ask(
    struct resolvers *, const struct resolver_question *, struct resolver *);

/*
 * Receives up to `size` octets of the answer, without waiting: the resolution,
 * and if records were asked for a struct dane_answer after it.  Returns how
 * many; or -1 with errno (ECHILD: the resolver crashed).
 */
ssize_t resolver_receive(const struct resolver *, void *part, size_t size);

/* Keeps a resolver that has answered. */
void resolver_keep(struct resolvers *, struct resolver *);

/* Ends a resolver, whatever it does. */
void resolver_end(struct resolver *);

/* Ends all that are kept. */
void resolvers_clear(struct resolvers *);

#endif
