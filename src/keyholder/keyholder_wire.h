/*
 * The messages between the keyholder and those who ask it.  One message is one
 * packet on a SOCK_SEQPACKET socket; both ends are the same program, so the
 * structs are sent as they are.
 *
 * On the control socket the keyholder sends one hello, and then gets packets of
 * one octet, each with its end of a session's channel (SCM_RIGHTS).
 *
 * On a channel it gets one request and sends one reply.  The other end may be a
 * session that was taken over, so it believes nothing of a request.
 */
#ifndef PINGTLS_KEYHOLDER_WIRE_H
#define PINGTLS_KEYHOLDER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "keyholder/keyholder.h"

/* What is signed: a hash, or for EdDSA the data itself.  The longest that TLS
 * has is a ServerKeyExchange of TLS 1.2 with secp521r1, 201 octets. */
#define KEYHOLDER_DATA_MAX 256
/* A signature by a 16384-bit RSA key, the longest that GnuTLS can use. */
#define KEYHOLDER_SIGNATURE_MAX 2048

enum keyholder_kind {
	KEYHOLDER_HASH,
	KEYHOLDER_DATA,
	/* No request for a signature yet: read the keys, which is still to be
	 * done. There is no reply. */
	KEYHOLDER_PREPARE,
};

struct keyholder_request {
	uint32_t key;
	uint32_t kind;
	uint32_t algorithm; /* gnutls_sign_algorithm_t */
	uint32_t size;      /* of what is used of octets */
	uint8_t octets[KEYHOLDER_DATA_MAX];
};

struct keyholder_reply {
	int32_t status; /* 0 or a negative GnuTLS code, with why if known */
	uint32_t size;
	union {
		uint8_t signature[KEYHOLDER_SIGNATURE_MAX];
		char why[KEYHOLDER_WHY_MAX];
	} u;
};

/* Sent once, when the keyholder was started to be waited for. */
struct keyholder_hello {
	int32_t status; /* 0 or -1 with why */
	char why[KEYHOLDER_WHY_MAX];
	char unreadable[KEYHOLDER_WHY_MAX]; /* "" or why, as the account */
	uint8_t ids[KEYHOLDER_KEYS_MAX][KEYHOLDER_ID_SIZE];
};

#endif
