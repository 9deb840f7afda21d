/*
 * The reasons for which a conversation with a service can fail.  Each has a
 * token that is the same in every report and does not change between releases.
 *
 * Tokens are those of the IANA registry of STARTTLS validation result types
 * (RFC 8460, 6.6) if it has one for the reason.
 */
#ifndef PINGTLS_REASON_H
#define PINGTLS_REASON_H

/* In the order of the steps of a conversation. */
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
	/* Possible at any step. */
	REASON_TIMEOUT,
	REASON_CLOSED,
	REASON_PROTOCOL,
	REASON_INTERRUPTED,
	REASON_SYSTEM,
	REASONS, /* the number of reasons */
};

/* The token, for example "starttls-refused"; NULL for REASON_NONE and unknown
 * values. */
const char *reason_token(enum reason);

/* A short text, for example "STARTTLS refused"; NULL for the same. */
const char *reason_words(enum reason);

#endif
