/*
 * A TLS client that after an honest handshake makes its records itself: none
 * that a library would send.  What fails ends the program.
 */
#ifndef PINGTLS_RECORD_PEER_H
#define PINGTLS_RECORD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Record types, and the most that one holds (RFC 8446, 5.1). */
enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
#define RECORD_CONTENT_MAX 16384
#define RECORD_HEADER 5
/* With AES-128-GCM: explicit nonce (TLS 1.2), content type (1.3), tag. */
#define RECORD_TAG 16
/* One that holds an octet too many, too. */
#define RECORD_MAX (RECORD_HEADER + 8 + RECORD_CONTENT_MAX + 2 + RECORD_TAG)

struct record_peer {
	int fd;
	bool tls13; /* else TLS 1.2 */
	gnutls_session_t tls;
	gnutls_certificate_credentials_t credentials;
	/* of what we send */
	gnutls_aead_cipher_hd_t cipher;
	unsigned char iv[12];
	uint64_t sequence;
};

/* Says why, and ends the program. */
_Noreturn void record_peer_fail(const char *what, const char *why);

/* Connects to `port` on the loopback interface and sends STARTTLS. */
void record_peer_start(struct record_peer *, const char *port, bool tls13);

/* Closes the connection with no farewell and frees what it had. */
void record_peer_end(struct record_peer *);

/* Sends the ClientHello, and does not look at what answers it. */
void record_peer_hello(struct record_peer *);

/* The whole handshake; then the keys of what we send are ours to use. */
void record_peer_handshake(struct record_peer *);

/* Writes `value` to `at`, most significant octet first. */
void record_peer_put(unsigned char *at, uint64_t value, int octets);

/*
 * Makes one protected record of `size` octets of content, RECORD_CONTENT_MAX
 * and one more at most, in `record`, which has RECORD_MAX.  Returns its size.
 */
size_t record_peer_protect(struct record_peer *, unsigned char type,
    const unsigned char *content, size_t size, unsigned char *record);

#endif
