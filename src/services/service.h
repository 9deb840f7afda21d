/*
 * The table of the services that pingtls can ping: names, ports, and the
 * functions that speak their protocols.
 */
#ifndef PINGTLS_SERVICE_H
#define PINGTLS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exchange;

struct service {
	const char *name;
	const char *alias;   /* another tool's name for it, or NULL */
	uint16_t port;       /* the default, or 0 if there is none */
	bool implicit;       /* TLS starts with the connection (RFC 8314, 3) */
	const char *setting; /* that enables STARTTLS, and where; or NULL */
	const char *alpn;    /* if services may share the port, or NULL */
	/* TLSA usages 0 and 1 cannot be used (RFC 7672, 3.1.3). */
	bool dane_without_pkix;
	/* The server counts a handshake that the client aborts as an error of
	 * the client's host, so it is left with the farewell even if its
	 * certificate is rejected. */
	bool complete_handshake;

	/*
	 * The parts of the exchange, NULL if the protocol has no such part.
	 * Each returns 0, or -1 after exchange_fail().
	 */
	/* Reads the greeting, over TLS if that is implicit. */
	int (*greeting)(struct exchange *);
	/* Sends the commands up to STARTTLS and reads their replies. */
	int (*upgrade)(struct exchange *);
	/* Ends the session over TLS. */
	int (*farewell)(struct exchange *);
};

/* Finds a service by its name or alias, ignoring case.  Returns NULL if there
 * is none. */
const struct service *service_find(const char *name);

/* The service with TLS from the start that is the counterpart of this one, or
 * of pingtls's own protocol if NULL: "imaps" of "imap", or else "tls". */
const struct service *service_implicit(const struct service *);

/* Returns row `i` of the table, or NULL after the last. */
const struct service *service_at(size_t i);

#endif
