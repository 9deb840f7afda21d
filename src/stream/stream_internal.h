/*
 * The parts that the stream is made of.
 */
#ifndef PINGTLS_STREAM_INTERNAL_H
#define PINGTLS_STREAM_INTERNAL_H

#include <stdbool.h>

#include "stream/stream.h"

/* Replies gathered before they are sent: some 800 PONGs in one TLS record. */
#define STREAM_OUTPUT_SIZE 4096
/* Input decrypted at once, or more where lines may be longer; a TLS record
 * holds at most 16 KiB (RFC 8446, 5.1), GnuTLS keeps the rest. */
#define STREAM_INPUT_SIZE 4096

/* Octets that TLS has delivered and no line has taken yet. */
struct tls_input {
	size_t start, end, size;
	char data[];
};

struct stream {
	int fd;
	int cancel_fd;
	deadline when;
	int (*fitting_alert)(gnutls_session_t, int); /* NULL: GnuTLS's own */

	char output[STREAM_OUTPUT_SIZE];
	size_t output_length;

	gnutls_session_t tls;    /* NULL: in the clear */
	struct tls_input *input; /* NULL: in the clear */
	bool record_seen;        /* the peer's first octet was that of TLS */
	/* The upgrade failed, or there was a fatal alert: nothing may be sent
	 * after it (RFC 8446, 6.2). */
	bool broken;
	int tls_error;
	int pull_errno;

	char cleartext[41];
	char message[160];
	size_t octets_in, octets_out;

	/* A line in the clear that has begun: nothing behind its LF, ever. */
	size_t line_length, line_max;
	char line[];
};

/* Waits until poll(2) reports one of `events`.  Returns 0 or an enum
 * stream_error. */
int stream_wait(struct stream *, short events);

/* Waits for what GnuTLS was about to do when it said GNUTLS_E_AGAIN. */
int stream_wait_tls(struct stream *);

/* Notes a GnuTLS error; returns an enum stream_error for it. */
int stream_tls_failure(struct stream *, int error);

#endif
