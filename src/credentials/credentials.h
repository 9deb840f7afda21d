/*
 * The server's credentials: its certificates, the keyholder that signs for
 * them, whom it lets in, the key of session tickets, and the TLS policy. Loaded
 * whole or not at all, so a reload makes new ones beside the old and then drops
 * one of the two.
 */
#ifndef PINGTLS_CREDENTIALS_H
#define PINGTLS_CREDENTIALS_H

#include <gnutls/gnutls.h>

#include "credentials/client_auth.h"
#include "credentials/tickets.h"
#include "keyholder/keyholder.h"
#include "tls/policy.h"

struct credentials;

struct credentials_options {
	struct keyholder_options keyholder;
	const char *priority; /* NULL: the system's default (policy.h) */
	enum policy_oldest oldest;
	struct client_auth_options clients;
	/* Where a client certificate is asked for there are none: whoever got
	 * hold of the key could say of any client that it had shown one. */
	struct tickets_options tickets;
};

/*
 * Starts a keyholder and loads the certificates: each must hold no private key,
 * be valid now and, where the keys are waited for, fit its key.  The client's
 * offers and SNI choose among them (gnutls_certificate_set_key(3)).  An OCSP
 * response that is of no use is left out, with a warning.
 *
 * The options must outlive the credentials.  Returns NULL after logging one
 * line that names the file and the cause.
 */
struct credentials *credentials_load(const struct credentials_options *);

/*
 * Frees the credentials and lets go of the keyholder, which ends once no other
 * process can ask it.  NULL is allowed.
 */
void credentials_free(struct credentials *);

struct keyholder *credentials_keyholder(const struct credentials *);

/* What was wrong with the certificate of the last session's client, or "". */
const char *credentials_client_why(const struct credentials *);

/* Before a session is forked: makes a new ticket key when it is time for one.
 */
void credentials_rotate(struct credentials *);

/*
 * A server session, not blocking, for stream_upgrade() with
 * client_auth_alert(). Returns NULL with the GnuTLS code in `error`.
 */
gnutls_session_t credentials_session(const struct credentials *, int *error);

#endif
