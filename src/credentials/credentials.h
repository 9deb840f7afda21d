/*
 * The server's credentials: certificates, the keyholder that signs for them,
 * client authentication, session tickets and the TLS policy.  They never
 * change: a reload makes new ones, and drops the old if that succeeds.
 */
#ifndef PINGTLS_CREDENTIALS_H
#define PINGTLS_CREDENTIALS_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "credentials/bundle.h"
#include "credentials/credentials_options.h"
#include "keyholder/signer.h"

struct credentials;

/* The TLS policy of the options, for gnutls_priority_deinit.  Returns NULL
 * after logging one line. */
gnutls_priority_t credentials_policy(const struct credentials_options *);

/*
 * Makes credentials from a bundle, with private keys that `keyholder` has. They
 * take ownership of it, even on failure; if it is NULL, the caller sets the
 * signer's keys.  The client's offers and SNI choose among the certificates
 * (gnutls_certificate_set_key(3)).  The bundle is not needed afterwards.
 * Returns NULL after logging one line.
 */
struct credentials *credentials_new(const struct credentials_options *,
    const struct bundle *, struct keyholder *);

/*
 * Makes credentials with which every handshake fails through no fault of the
 * client, for use until certificates and keys can be loaded.  Returns NULL
 * after logging one line.
 */
struct credentials *credentials_new_unable(const struct credentials_options *);

/*
 * Tests them by a handshake (self_test.h), in which the signature must be made
 * by the deadline.  Returns false after logging one line: a warning about
 * `file` if they are that pair alone, else (NULL) an error.
 */
bool credentials_test(const struct credentials *, const char *file, deadline);

/*
 * Forks a keyholder (keyholder_start()), reads the other files
 * (credential_files.h) and makes the credentials, all in this process.  The
 * options must outlive the credentials.  Returns NULL after logging one line
 * that names the file and the cause.
 */
struct credentials *credentials_load(const struct credentials_options *);

/* Frees the credentials and ends their keyholder.  NULL is allowed. */
void credentials_free(struct credentials *);

/*
 * Frees the credentials, but not their keyholder, which still signs for the
 * sessions there are (keyholder_retire()).  Returns it.
 */
struct keyholder *credentials_retire(struct credentials *);

/* Logs each certificate in use, of the files that the options name, that has
 * expired at the time `now` or will soon (chain.h). */
void credentials_warn_of_end(
    const struct credentials *, const struct credentials_options *, time_t now);

struct keyholder *credentials_keyholder(const struct credentials *);

/* The signer of sessions, whose channel must be set for each session. */
struct signer *credentials_signer(const struct credentials *);

/* True if clients are asked for a certificate. */
bool credentials_ask_clients(const struct credentials *);

/* Why the last handshake failed through a fault of the server, or "". */
const char *credentials_why(const struct credentials *);

/* What was wrong with the client's certificate in the last handshake, or "". */
const char *credentials_client_why(const struct credentials *);

/* Replaces the ticket key if it is due.  Call it before a session is forked. */
void credentials_rotate(struct credentials *);

/*
 * Makes a non-blocking server session for stream_upgrade(), and has GnuTLS draw
 * new random state first, for this process alone.  Returns NULL with a GnuTLS
 * code in `error`.
 */
gnutls_session_t credentials_session(const struct credentials *, int *error);

#endif
