/*
 * The messages between the keyholder and those who ask it.  One message is one
 * packet on a SOCK_SEQPACKET socket; both ends are the same program, so the
 * structs are sent as they are.
 *
 * The asker may be a session that was broken into: the keyholder believes
 * nothing of a request but its size.
 */
#ifndef PINGTLS_KEYHOLDER_WIRE_H
#define PINGTLS_KEYHOLDER_WIRE_H

#include <stdint.h>

#include "keyholder/keyholder.h"

/* What is signed: a hash, or for EdDSA the data itself.  The longest is a TLS
 * 1.2 ServerKeyExchange with an 8192-bit group (RFC 5246, 7.4.3; RFC 7919). */
#define KEYHOLDER_DATA_MAX 4096
/* A signature by an 8192-bit RSA key. */
#define KEYHOLDER_SIGNATURE_MAX 1024

enum keyholder_kind {
	KEYHOLDER_HASH,
	KEYHOLDER_DATA,
};

/* To the keyholder, with the descriptor of the reply (SCM_RIGHTS). */
struct keyholder_request {
	uint32_t key;
	uint32_t kind;
	uint32_t algorithm; /* gnutls_sign_algorithm_t */
	uint32_t size;      /* of what is used of octets */
	uint8_t octets[KEYHOLDER_DATA_MAX];
};

/* From it. */
struct keyholder_reply {
	int32_t status; /* 0 or a negative GnuTLS code */
	uint32_t size;
	union {
		uint8_t signature[KEYHOLDER_SIGNATURE_MAX];
		char why[KEYHOLDER_WHY_MAX];
	} u;
};

/* From it, once, when it was started to be waited for. */
struct keyholder_hello {
	int32_t status; /* 0 or -1 with why */
	char why[KEYHOLDER_WHY_MAX];
	char unreadable[KEYHOLDER_WHY_MAX]; /* "" or why, as the account */
	uint8_t ids[KEYHOLDER_KEYS_MAX][KEYHOLDER_ID_SIZE];
};

/*
 * Serves requests on `socket` until the last asker has closed it; never
 * returns.
 */
_Noreturn void keyholder_process(int socket, const struct keyholder_options *);

#endif
