/*
 * The article's dialogue, as the bench plays it: PING, STARTTLS, the handshake,
 * PING, QUIT.
 */
#ifndef BENCH_DIALOGUE_H
#define BENCH_DIALOGUE_H

#include <stdint.h>

#include "peer.h"

enum dialogue_way {
	DIALOGUE_PLAIN,    /* never upgrades: PING, QUIT */
	DIALOGUE_STARTTLS, /* PING, STARTTLS, PING, QUIT */
	DIALOGUE_TLS,      /* TLS from the start: PING, PING, QUIT */
};

/* What is played. */
struct dialogue {
	enum dialogue_way way;
	int64_t pause_ns; /* between STARTTLS and the handshake */
	size_t window;    /* PINGs over TLS, unanswered at a time */
	size_t per_write; /* of them, sent in one go: a record */
	int64_t until;    /* go on with PINGs until then; 0: one window */
};

/* What was seen (times as samples_now() has them). */
struct dialogue_seen {
	int64_t first_pong; /* 0: none yet */
	int64_t paused;     /* how long the pause was in truth */
	size_t pongs;       /* over TLS */
};

/* Reads the name of a way.  Returns 0 or -1. */
int dialogue_way(const char *text, enum dialogue_way *);

/* Plays up to the last PONG, and to the end.  Both return 0, or -1 and why in
 * the peer. */
int dialogue_open(struct peer *, const struct dialogue *,
    const struct peer_tls *, const gnutls_datum_t *ticket,
    struct dialogue_seen *);
int dialogue_close(struct peer *);

#endif
