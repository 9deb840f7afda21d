/*
 * The other end of a stream: a thread that talks over a blocking socket, in the
 * clear and then, if it is to, over GnuTLS as server or as client.
 *
 * It asserts nothing, as it is not the thread that Check runs: it leaves behind
 * what it saw for the test to look at.
 */
#ifndef PINGTLS_UNIT_PEER_H
#define PINGTLS_UNIT_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

#define UNIT_TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define UNIT_TLS_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define UNIT_PEER_MOST 65536

struct unit_peer {
	/* What the test sets. */
	int fd;               /* closed at the end */
	unsigned int role;    /* GNUTLS_SERVER or GNUTLS_CLIENT */
	const char *priority; /* NULL: no handshake */
	const char *name;     /* the server's, as a client; NULL: none */
	const char *prefix;   /* sent in one segment with the first record */
	bool drips;           /* one octet at a time, at leisure */
	bool drips_talk;      /* only once the handshake is done */
	void (*before)(struct unit_peer *); /* in the clear */
	void (*talk)(struct unit_peer *);   /* after the handshake */

	/* What it leaves behind. */
	int handshake; /* the GnuTLS code */
	int result;    /* as `talk` says */
	char heard[UNIT_PEER_MOST];
	size_t heard_length;

	gnutls_session_t tls; /* NULL: in the clear */
	pthread_t thread;
};

/* Starts it. */
void unit_peer_start(struct unit_peer *);

/* Waits until it is done. */
void unit_peer_join(struct unit_peer *);

/* For its functions.  Sends a text; returns 0 or below. */
int unit_peer_say(struct unit_peer *, const char *text);

/*
 * Adds what is received to `heard` until there are `size` octets more there or
 * the stream ends.  Returns 0 at the end, 1 for the octets, a GnuTLS code or
 * -1.
 */
int unit_peer_hear(struct unit_peer *, size_t size);

/* Waits until the other end has closed. */
void unit_peer_linger(struct unit_peer *);

/*
 * A GnuTLS session for `flags` of gnutls_init, a server's with a certificate
 * that is made in memory.  Neither end verifies.
 */
gnutls_session_t unit_tls_session(unsigned int flags, const char *priority);

#endif
