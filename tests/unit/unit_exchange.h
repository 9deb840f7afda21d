/*
 * An exchange with a service, played against a script.
 */
#ifndef PINGTLS_UNIT_EXCHANGE_H
#define PINGTLS_UNIT_EXCHANGE_H

#include <stddef.h>

#include "services/exchange.h"

/* Our own address, as the exchange is told. */
#define UNIT_ADDRESS "192.0.2.7"
/* The service's domain. */
#define UNIT_DOMAIN "example.net"

/* A step of the script: octets that the client has to say, octets that the
 * server says, or the handshake. */
struct unit_said {
	char who; /* 'C', 'S' or 'T' */
	const char *octets;
	size_t size;
};
#define CLIENT(text) \
	{ \
		'C', text, sizeof(text) - 1 \
	}
#define SERVER(text) \
	{ \
		'S', text, sizeof(text) - 1 \
	}
#define TLS \
	{ \
		'T', "", 0 \
	}
#define UNIT_SCRIPT_MOST 16

/*
 * Plays `script`, which ends at a step without `who` or after UNIT_SCRIPT_MOST
 * of them; then the server ends TLS, if it was begun, and closes.  The client
 * must say what the script has for it, and not an octet more.
 *
 * Returns what came of it; `ready` is set if the handshake was begun.
 */
const struct exchange *unit_exchange(
    const char *service, const struct unit_said script[UNIT_SCRIPT_MOST]);

/* The same with another address of our own, and another domain. */
const struct exchange *unit_exchange_between(const char *address,
    const char *domain, const char *service,
    const struct unit_said script[UNIT_SCRIPT_MOST]);

/* The same of an exchange that must succeed, with this offer. */
const struct exchange *unit_exchange_succeeds(const char *service,
    enum exchange_offered, const struct unit_said script[UNIT_SCRIPT_MOST]);

/* A script, and what comes of it. */
struct unit_exchange_case {
	struct unit_said script[UNIT_SCRIPT_MOST];
	enum exchange_offered offered;
	enum reason reason;
	const char *message;
};

/* Plays them all. */
void unit_exchange_cases(
    const char *service, const struct unit_exchange_case *cases, size_t count);

#endif
