/*
 * The services that pingtls can ping, as a table: a row of data each, and the
 * functions that say what is said before TLS and at the end.
 *
 * To add a service: write its functions in a file of its own over exchange.h
 * and the readers of replies, test it in tests/unit/services, give it a row in
 * service.c, and teach tests/peers/hostile_server.py to misbehave in it.
 */
#ifndef PINGTLS_SERVICE_H
#define PINGTLS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;

struct service {
	const char *name;
	const char *alias; /* as other tools call it, or NULL */
	uint16_t port;     /* 0: there is none, it must be given */
	bool implicit;     /* TLS from the first octet on (RFC 8314, 3) */
	const char *alpn;  /* where the port may be shared, or NULL */

	/*
	 * The parts of the exchange; each returns 0, or -1 once exchange_fail()
	 * was told.  Any of them may be NULL: there is no such part.
	 *
	 * What the server says first, unasked: in the clear, or over TLS where
	 * that is implicit.
	 */
	int (*greeting)(struct exchange *);
	/* From the first command to the reply that lets TLS begin. */
	int (*upgrade)(struct exchange *);
	/* Over TLS: leave in order. */
	int (*farewell)(struct exchange *);
};

/* The service of this name or alias, in any case; NULL where there is none. */
const struct service *service_find(const char *name);

/* The service in row `i` of the table, for lists of them; NULL at its end. */
const struct service *service_at(size_t i);

#endif
