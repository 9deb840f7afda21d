/*
 * The bench's own client: one connection to a server, in the clear or over TLS,
 * and the steps of the dialogue on it.  It blocks, checks every octet of a
 * reply, and shares no code with what it measures.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <netinet/in.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

struct peer {
	int fd;
	int timeout;          /* in seconds, for an octet */
	gnutls_session_t tls; /* NULL in the clear */
	char failed[128];     /* what went wrong, once a step returned -1 */
};

/* What every upgrade needs.  The server's certificate is not verified: what
 * that costs the client says nothing of the server. */
struct peer_tls {
	gnutls_priority_t priority;
	gnutls_certificate_credentials_t trust;
};

/* Returns 0 or a GnuTLS error code; `priority` is a GnuTLS priority string. */
int peer_tls_init(struct peer_tls *, const char *priority);
void peer_tls_deinit(struct peer_tls *);

/* Reads "ADDRESS:PORT", IPv4 in figures.  Returns 0 or -1. */
int peer_address(const char *text, struct sockaddr_in *);

/*
 * Each step returns 0, or -1 with `failed`; then peer_close() is all that is
 * left to do.  No step waits for longer than PEER_TIMEOUT seconds for an octet:
 * a server that lost some has then failed.
 */
#define PEER_TIMEOUT 10
int peer_connect(
    struct peer *, const struct sockaddr_in *to, const struct in_addr *from);

/* Takes a connected descriptor instead. */
int peer_take(struct peer *, int fd);

/* Sends a line, LF included, that has no reply. */
int peer_say(struct peer *, const char *line);

/* The handshake; with a ticket of an earlier session, tries to resume it. */
int peer_handshake(
    struct peer *, const struct peer_tls *, const gnutls_datum_t *ticket);

/* Sends `count` PINGs, `per_write` of them in one go, and reads as many
 * PONGs. */
int peer_ping(struct peer *, size_t count, size_t per_write);
#define PEER_PINGS_MAX 1000

/* Reads until the server ends the connection, which over TLS it must announce
 * (close_notify). */
int peer_wait_end(struct peer *);

void peer_close(struct peer *);

#endif
