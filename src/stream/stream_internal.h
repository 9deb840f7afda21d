/*
 * What the files of the stream share.
 */
#ifndef PINGTLS_STREAM_INTERNAL_H
#define PINGTLS_STREAM_INTERNAL_H

#include <stdbool.h>

#include "stream/stream.h"

/* The size of the output buffer: some 800 PONGs in one TLS record. */
#define STREAM_OUTPUT_SIZE 4096
/* The size of the input buffer over TLS, unless lines may be longer.  GnuTLS
 * keeps the rest of a record, which has up to 16 KiB (RFC 8446, 5.1). */
#define STREAM_INPUT_SIZE 4096

/* A fatal alert in the clear: type, version, length, level, description
 * (RFC 8446, 5.1 and 6). */
#define STREAM_ALERT_RECORD 7

/* Octets that were received over TLS but not read from the stream yet. */
struct tls_input {
	size_t start, end, size;
	char data[];
};

struct stream {
	int fd;
	int cancel_fd;
	deadline when;
	int (*fitting_alert)(gnutls_session_t, int); /* NULL: GnuTLS chooses */

	char output[STREAM_OUTPUT_SIZE];
	size_t output_length;

	gnutls_session_t tls;    /* NULL: in the clear */
	struct tls_input *input; /* NULL: in the clear */
	bool record_seen;        /* the peer's first octet began a TLS record */
	/* The upgrade failed or a fatal alert was sent or received: nothing
	 * more may be sent (RFC 8446, 6.2). */
	bool broken;
	bool ended; /* by stream_end() */
	int tls_error;
	int pull_errno;
	bool send_reset; /* a send in the handshake met a reset */
	unsigned char pulled[STREAM_ALERT_RECORD]; /* the last octets */
	int clear_alert; /* that came in the clear during a handshake, or -1 */

	char cleartext[41];
	char message[160];
	size_t octets_in, octets_out;
	size_t tls_octets; /* taken from the kernel for TLS ... */
	int64_t tls_heard; /* ... the last then (deadline_now()) */

	/* The incomplete line in the clear; never anything behind an LF. */
	size_t line_length, line_max;
	char line[];
};

/* Waits until poll(2) reports one of `events`.  Returns 0 or an enum
 * stream_error. */
int stream_wait(struct stream *, short events);

/* Waits until GnuTLS can continue after GNUTLS_E_AGAIN. */
int stream_wait_tls(struct stream *);

/* Records a GnuTLS error and returns an enum stream_error for it. */
int stream_tls_failure(struct stream *, int error);

#endif
