/*
 * The other end of a stream, which does what a script's letters (stage.h) say,
 * without waiting, and writes down what was sent and what was heard.
 */
#ifndef PINGTLS_FUZZ_ACTOR_H
#define PINGTLS_FUZZ_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

/* A script's octets, and what TLS and the replies add to them. */
#define ACTOR_MOST 262144

struct octets {
	uint8_t octets[ACTOR_MOST];
	size_t length;
};

enum actor_state {
	ACTOR_CLEAR,
	ACTOR_SHAKING,
	ACTOR_ENCRYPTED,
	ACTOR_BROKEN, /* after TLS there is nothing but octets */
};

struct actor {
	int fd;            /* -1: closed */
	unsigned int role; /* GNUTLS_CLIENT or GNUTLS_SERVER */
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t tls;
	enum actor_state state;
	bool raw;   /* sends past TLS */
	bool drips; /* sends one octet at a time */
	bool deaf;  /* reads nothing */
	bool asked; /* as a server, was asked for TLS by the client's first
	               record, which is still to be read */
	bool pushed;

	struct octets sent;  /* on the wire, from it */
	struct octets heard; /* to it */
	struct octets said;  /* in TLS, from it */
	struct octets told;  /* to it */
	bool shaken;         /* the handshake was done */
	bool tampered;       /* TLS was broken on purpose */
	bool was_deaf;       /* not everything was read */
	bool parted;         /* it said close_notify */
	bool gone;           /* it closed before the script was over */
};

/* Makes it the other end at `fd`, which it owns from now on. */
void actor_enter(struct actor *, int fd, unsigned int role,
    gnutls_certificate_credentials_t credentials);

/* Hears all that there is, but as a server none of TLS until the handshake is
 * begun; goes on with the handshake. */
void actor_hear(struct actor *);

/* Hears the rest, whatever it is. */
void actor_hear_out(struct actor *);

/* Sends a part of `text`, or drops it; returns the size of the part. */
size_t actor_say(struct actor *, const uint8_t *text, size_t size);

/* Does what the letter says, if it is one of the actor's. */
void actor_do(struct actor *, uint8_t letter);

/* Closes.  What it wrote down stays. */
void actor_close(struct actor *);
void actor_leave(struct actor *);

#endif
