/*
 * The parts that the client's trust is made of.
 */
#ifndef PINGTLS_VERIFY_INTERNAL_H
#define PINGTLS_VERIFY_INTERNAL_H

#include <gnutls/x509.h>

#include "client/verify.h"

#define VERIFY_SECONDS_A_DAY (24L * 60 * 60)

struct verifier {
	const struct verify_options *options;
	char name[VERIFY_NAME_MAX]; /* as certificates have it */
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t policy;
	bool is_address; /* the name is an IP address */
	unsigned char address[16];
	unsigned int address_size;
	char why[VERIFY_TEXT_MAX];
};

/* The certificate at `index` of the chain that the server sent.  Returns 0 or a
 * negative GnuTLS code. */
int verify_peer_certificate(
    gnutls_session_t, unsigned int index, gnutls_x509_crt_t *certificate);

/*
 * The verdict on the server's certificate, called within the handshake
 * (gnutls_certificate_set_verify_function(3)): leaves what is wrong, in a
 * person's words, with the session's trust.
 */
int verify_certificate(gnutls_session_t);

#endif
