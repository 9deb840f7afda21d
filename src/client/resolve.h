/*
 * Look-ups of addresses and TLSA records that can be given up.  The C library's
 * cannot be interrupted, so they run in a child process that can be killed.
 */
#ifndef PINGTLS_RESOLVE_H
#define PINGTLS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "client/dane.h"
#include "client/target.h"

/* More than any useful host has. */
#define RESOLVE_ADDRESSES_MAX 32

struct resolved_address {
	socklen_t length;
	struct sockaddr_storage address;
};

struct resolution {
	int error;        /* of getaddrinfo(3); 0: none */
	int system_error; /* errno, for EAI_SYSTEM */
	uint32_t count;   /* without duplicates */
	struct resolved_address found[RESOLVE_ADDRESSES_MAX];
};

#define RESOLVE_WHY_MAX 256

/* What to look up. */
struct resolve_question {
	const char *host; /* a name or a number */
	uint16_t port;    /* is set in the addresses */
	int family;
	const struct target *server; /* whose TLSA records; NULL: no records */
};

/* A look-up. */
struct look_up {
	struct resolution found;
	struct dane_answer *dane; /* if TLSA records were asked for */
	pid_t child;              /* 0: none */
	int fd;     /* to poll for POLLIN while it is under way; else -1 */
	size_t got; /* octets of the child's answer */
	char why[RESOLVE_WHY_MAX]; /* if it failed */
};

/*
 * Begins a look-up; the answer about TLSA records goes to `dane`, which is NULL
 * if they are not asked for.  resolve_end() comes after it in any case.
 *
 * Returns 1 when the addresses have been found, which may be at once; 0 while
 * it is under way, then resolve_continue() when `fd` is readable; or -1 with
 * the cause in `why`.
 */
int resolve_begin(struct look_up *, const struct resolve_question *,
    struct dane_answer *dane);
int resolve_continue(struct look_up *);

/* Frees what the look-up has, and gives it up if it is under way. */
void resolve_end(struct look_up *);

#endif
