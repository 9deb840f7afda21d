/*
 * Why a conversation with a service failed: one token a failure, the same in
 * every report and from one release to the next.
 *
 * Where the IANA registry of STARTTLS validation result types (RFC 8460, 6.6)
 * has a token for it, it is that one.
 */
#ifndef PINGTLS_REASON_H
#define PINGTLS_REASON_H

/* In the order of the steps in which they come up. */
enum reason {
	REASON_NONE, /* nothing failed */
	REASON_RESOLVE,
	REASON_CONNECT,
	REASON_PROXY_REFUSED,
	REASON_SERVICE_REFUSED,
	REASON_PREAUTH,
	REASON_STARTTLS_NOT_SUPPORTED,
	REASON_STARTTLS_REFUSED,
	REASON_CLEAR_TEXT_AFTER_STARTTLS,
	REASON_HANDSHAKE,
	REASON_CERTIFICATE_HOST_MISMATCH,
	REASON_CERTIFICATE_EXPIRED,
	REASON_CERTIFICATE_NOT_YET_VALID,
	REASON_CERTIFICATE_REVOKED,
	REASON_CERTIFICATE_NOT_TRUSTED,
	REASON_VALIDATION_FAILURE,
	REASON_STARTTLS_STRIPPED,
	REASON_PIN_MISMATCH,
	REASON_CERTIFICATE_EXPIRES_SOON,
	REASON_DNSSEC_INVALID,
	REASON_DANE_REQUIRED,
	REASON_TLSA_INVALID,
	/* At any step. */
	REASON_TIMEOUT,
	REASON_CLOSED,
	REASON_PROTOCOL,
	REASON_INTERRUPTED,
	REASON_SYSTEM,
	REASONS, /* how many there are */
};

/* The token, "starttls-refused" say; NULL for REASON_NONE and what is none. */
const char *reason_token(enum reason);

/* A few words for people, "STARTTLS refused" say; NULL for the same. */
const char *reason_words(enum reason);

#endif
