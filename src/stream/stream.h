/*
 * The upgradable stream: a connected socket that carries lines, in the clear
 * at first and over TLS once upgraded in place (STARTTLS).
 *
 * What makes the upgrade safe is that no buffer spans it.  In the clear, a
 * line is taken from the kernel up to and including its LF and not one octet
 * further, so what follows can only ever be read by GnuTLS.  Over TLS, input
 * is kept in a buffer that does not exist before the upgrade.
 *
 * Writes are gathered and sent before the stream next waits for input, so a
 * peer that pipelines commands gets its replies in few segments and records.
 *
 * Every operation ends by the stream's deadline.
 */
#ifndef PINGTLS_STREAM_H
#define PINGTLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "base/deadline.h"

struct stream;

/* What the functions return below 0. */
enum stream_error {
	STREAM_EOF = -1,       /* the peer closed in order */
	STREAM_TRUNCATED = -2, /* TLS ended without close_notify, or the
	                          stream within a line */
	STREAM_TOO_LONG = -3,  /* no LF within the size asked for */
	STREAM_TIMEOUT = -4,   /* the deadline passed */
	STREAM_CANCELLED = -5, /* stream_set_cancel's descriptor spoke */
	STREAM_SYSTEM = -6,    /* errno says what */
	STREAM_TLS = -7,       /* stream_tls_error() says what */
	STREAM_CLEARTEXT = -8, /* octets that are not TLS where its handshake
	                          had to be; stream_cleartext() has them */
	STREAM_EARLY_TLS = -9, /* TLS's handshake where a line had to be */
};

/*
 * A stream on the connected socket `fd`, which it owns from now on and makes
 * non-blocking, for lines of at most `line_max` octets.  Where the socket is
 * TCP, TCP_NODELAY is set: a dialogue of short lines else waits 40 ms for a
 * delayed acknowledgement (tcp(7)). Returns NULL with errno, and leaves `fd`
 * open, when memory is out or `fd` is not a socket.
 */
struct stream *stream_new(int fd, size_t line_max);

/* Closes the descriptor with no farewell and frees all.  NULL is allowed. */
void stream_free(struct stream *);

/* Sets the deadline of every operation from now on.  At first there is none. */
void stream_set_deadline(struct stream *, deadline);

/*
 * From now on a wait ends with STREAM_CANCELLED when `fd` becomes readable (a
 * signalfd, say).  The stream only polls it.  -1: none, as at first.
 */
void stream_set_cancel(struct stream *, int fd);

/*
 * Reads a line into `line`, `size` octets long (at most what stream_new() was
 * told): what came before the LF, less trailing white space (isspace(3) in the
 * C locale, so CR too), NUL-terminated.  Octets within the line are not looked
 * at; it may hold NULs.  The LF counts towards `size`.
 *
 * Returns the line's length, or an enum stream_error.  After STREAM_TIMEOUT and
 * STREAM_CANCELLED the call may be made again and goes on where it was; after
 * any other error the stream is only good for stream_write and stream_close.
 */
ssize_t stream_read_line(struct stream *, char *line, size_t size);

/*
 * Reads up to and including the first octet `end`, which counts towards `size`,
 * and leaves what follows as stream_read_line() does.  Nothing is trimmed, no
 * NUL is added.  Returns how many octets were read, or an enum stream_error,
 * after which the same holds as there.
 */
ssize_t stream_read_until(struct stream *, char end, char *data, size_t size);

/*
 * Reads exactly `size` octets, and leaves what follows as stream_read_line()
 * does.  Must not be called within a line.  Returns 0 or an enum stream_error,
 * after which the stream is only good for stream_write and stream_close.
 */
int stream_read_exact(struct stream *, void *data, size_t size);

/*
 * After an error of stream_read_line() or stream_read_until() in the clear:
 * what was read all the same, which belongs to the stream until its next call.
 * Returns how many octets, 0 where there are none.
 */
size_t stream_unfinished(const struct stream *, const char **octets);

/* Whether the next line is here already, so that to read it takes no wait. */
bool stream_has_line(const struct stream *);

/*
 * Adds `size` octets to what is to be sent; they leave before the next wait for
 * input, when they are many, at the upgrade, at stream_flush and at
 * stream_close.
 * Returns 0 or an enum stream_error.
 */
int stream_write(struct stream *, const void *data, size_t size);

/* Sends what stream_write gathered.  Returns 0 or an enum stream_error. */
int stream_flush(struct stream *);

/*
 * Upgrades the stream: flushes, then performs the handshake of `session`, which
 * the caller made with gnutls_init (as server or as client, with
 * GNUTLS_NONBLOCK and its credentials) and which the stream owns from now on,
 * whatever comes of it.
 *
 * A failed handshake sends the alert that fits.  There is no way back: after an
 * error the stream is good only for stream_close and stream_free.
 *
 * Returns 0 or an enum stream_error.
 */
int stream_upgrade(struct stream *, gnutls_session_t session);

/*
 * From now on a handshake that fails with a fatal GnuTLS error sends the alert
 * that `fitting` says, or where that is -1 the one that GnuTLS has for the
 * error (gnutls_error_to_alert(3)), as at first.
 */
void stream_set_alert(
    struct stream *, int (*fitting)(gnutls_session_t, int error));

/* The TLS session, or NULL while the stream is in the clear. */
gnutls_session_t stream_tls(const struct stream *);

/* After STREAM_TLS: the GnuTLS error code (gnutls_strerror(3)). */
int stream_tls_error(const struct stream *);

/*
 * After STREAM_CLEARTEXT: the first octets that the peer sent where a TLS
 * record had to be, made printable (others than ASCII 32 to 126 are dots), at
 * most 40.
 */
const char *stream_cleartext(const struct stream *);

/*
 * A one-line description of an enum stream_error just returned (errno still as
 * it was).  The string is static or belongs to the stream until its next call.
 */
const char *stream_strerror(struct stream *, int error);

/* Octets read from and written to the line layer so far, TLS not counted. */
size_t stream_octets_in(const struct stream *);
size_t stream_octets_out(const struct stream *);

/*
 * An orderly end: flushes, sends close_notify over TLS (neither after a fatal
 * alert, sent or received: RFC 8446, 6.2), shuts down the sending side, and
 * discards what the peer still sends until it closes too or `linger_ms` passed.
 * Without the last step the kernel would answer octets not yet read with a
 * reset, which can destroy the last reply before the peer reads it (RFC 1122,
 * 4.2.2.13).  Does not free.  Returns 0 or an enum stream_error.
 */
int stream_close(struct stream *, int64_t linger_ms);

#endif
