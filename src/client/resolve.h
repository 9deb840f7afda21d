/*
 * Name resolution that can be given up.  getaddrinfo(3) cannot be interrupted,
 * so it runs in a child process that can be killed.
 */
#ifndef PINGTLS_RESOLVE_H
#define PINGTLS_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

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

/* A look-up. */
struct look_up {
	struct resolution found;
	pid_t child; /* 0: none */
	int fd;      /* to poll for POLLIN while it is under way; else -1 */
	size_t got;  /* octets of the child's answer */
	char why[RESOLVE_WHY_MAX]; /* if it failed */
};

/*
 * Looks up `host`; `port` is set in the addresses.  resolve_end() comes after
 * it in any case.  Returns 1 when the addresses have been found, which is at
 * once for a number; 0 while it is under way, then resolve_continue() when `fd`
 * is readable; or -1 with the cause in `why`.
 */
int resolve_begin(
    struct look_up *, const char *host, uint16_t port, int family);
int resolve_continue(struct look_up *);

/* Frees what the look-up has, and gives it up if it is under way. */
void resolve_end(struct look_up *);

#endif
