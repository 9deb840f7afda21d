/*
 * The messages from and to the keyholder.  Each is one packet on a
 * SOCK_SEQPACKET socket.  Both ends are the same program, so structs are sent
 * as they are.
 *
 * On the control socket the keyholder receives packets of one octet, each with
 * its end of a session's channel (SCM_RIGHTS).
 *
 * On a channel it receives one request and sends one reply.  The session may
 * have been taken over, so a request is not trusted.
 */
#ifndef PINGTLS_KEYHOLDER_WIRE_H
#define PINGTLS_KEYHOLDER_WIRE_H

#include <stdint.h>

#include "keyholder/keyholder.h"

/* The data to sign: a hash or, for EdDSA, the message.  The longest message in
 * TLS is the ServerKeyExchange of TLS 1.2 with secp521r1, 201 octets. */
#define KEYHOLDER_DATA_MAX 256
/* For an RSA key of 16384 bits, the largest that GnuTLS supports. */
#define KEYHOLDER_SIGNATURE_MAX 2048

enum keyholder_kind {
	KEYHOLDER_HASH,
	KEYHOLDER_DATA,
	/* Not for a signature: makes the keyholder read its keys, if it has
	 * not yet.  Has no reply. */
	KEYHOLDER_PREPARE,
};

struct keyholder_request {
	uint32_t key;
	uint32_t kind;
	uint32_t algorithm; /* gnutls_sign_algorithm_t */
	uint32_t size;      /* the number of octets used */
	uint8_t octets[KEYHOLDER_DATA_MAX];
};

struct keyholder_reply {
	int32_t status; /* 0, or a negative GnuTLS code with a reason */
	uint32_t size;
	union {
		uint8_t signature[KEYHOLDER_SIGNATURE_MAX];
		char why[KEYHOLDER_WHY_MAX];
	} u;
};

#endif
