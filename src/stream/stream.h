/*
 * The upgradable stream: lines over a connected socket, in the clear at first,
 * and over TLS after an upgrade in place (STARTTLS).
 *
 * The upgrade is safe because no buffer spans it.  In the clear, a line is read
 * from the kernel up to and including its LF and not one octet further, so what
 * follows can only be read by GnuTLS.  The buffer for input over TLS does not
 * exist before the upgrade.
 *
 * Output is buffered and sent before the stream next waits for input, so a peer
 * that pipelines commands receives the replies in few segments and records.
 *
 * No operation takes longer than the stream's deadline.
 */
#ifndef PINGTLS_STREAM_H
#define PINGTLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "base/deadline.h"

struct stream;

/* Errors, as returned by the functions below. */
enum stream_error {
	STREAM_EOF = -1,       /* the peer closed the connection in order */
	STREAM_TRUNCATED = -2, /* it did so without close_notify, or within a
	                          line */
	STREAM_TOO_LONG = -3,  /* no LF within the requested size */
	STREAM_TIMEOUT = -4,   /* the deadline passed */
	STREAM_CANCELLED =
	    -5, /* the descriptor of stream_set_cancel() is readable */
	STREAM_SYSTEM = -6,    /* see errno */
	STREAM_TLS = -7,       /* see stream_tls_error() */
	STREAM_CLEARTEXT = -8, /* clear text where the handshake should begin;
	                          see stream_cleartext() */
	STREAM_EARLY_TLS = -9, /* a TLS record where a line should be */
};

/*
 * Creates a stream on the connected socket `fd`, for lines of at most
 * `line_max` octets.  The stream takes ownership of `fd` and makes it
 * non-blocking.  On TCP it sets TCP_NODELAY: otherwise a dialogue of short
 * lines would wait 40 ms for delayed acknowledgements (tcp(7)).  Returns NULL
 * with errno, and leaves `fd` open, if memory is exhausted or `fd` is not a
 * socket.
 */
struct stream *stream_new(int fd, size_t line_max);

/* The same for a socket that has these settings already, as those that the
 * listener accepts (acceptor_next()): saves each session some system calls. */
struct stream *stream_new_accepted(int fd, size_t line_max);

/* Closes the socket without close_notify and frees the stream.  NULL is
 * allowed. */
void stream_free(struct stream *);

/* Sets the deadline of all further operations.  Initially there is none. */
void stream_set_deadline(struct stream *, deadline);

/*
 * Makes waits end with STREAM_CANCELLED when `fd`, for example a signalfd,
 * becomes readable.  It is polled, never read.  -1 means none, the default.
 */
void stream_set_cancel(struct stream *, int fd);

/*
 * Reads a line into `line`, which has room for `size` octets, at most the
 * `line_max` of stream_new().  The LF, which counts towards `size`, and white
 * space before it (isspace(3) in the C locale, CR included) are removed, and a
 * NUL is added.  The line itself may contain NULs.
 *
 * Returns the length of the line, or an enum stream_error.  The call can be
 * repeated after STREAM_TIMEOUT and STREAM_CANCELLED, and continues where it
 * stopped.  After any other error only stream_write() and stream_close() may be
 * used.
 */
ssize_t stream_read_line(struct stream *, char *line, size_t size);

/*
 * Reads up to and including the first octet `end`, which counts towards `size`,
 * and nothing behind it.  Nothing is trimmed and no NUL added.  Returns the
 * number of octets read, or an enum stream_error as stream_read_line() does.
 */
ssize_t stream_read_until(struct stream *, char end, char *data, size_t size);

/*
 * Reads exactly `size` octets, and nothing behind them.  Must not be called
 * after part of a line was read.  Returns 0 or an enum stream_error, after
 * which only stream_write() and stream_close() may be used.
 */
int stream_read_exact(struct stream *, void *data, size_t size);

/*
 * The incomplete line that an error of stream_read_line() or
 * stream_read_until() left behind.  Returns its length, which may be 0;
 * `octets` is valid until the next call on the stream.
 */
size_t stream_unfinished(const struct stream *, const char **octets);

/* True if the next line can be read without waiting. */
bool stream_has_line(const struct stream *);

/*
 * Appends `size` octets to the output, which is sent before the stream waits
 * for input, when the buffer is full, and by stream_upgrade(), stream_flush()
 * and stream_close().  Returns 0 or an enum stream_error.
 */
int stream_write(struct stream *, const void *data, size_t size);

/* Sends the buffered output.  Returns 0 or an enum stream_error. */
int stream_flush(struct stream *);

/*
 * Upgrades the stream to TLS: sends the buffered output and performs the
 * handshake of `session`, which must have been made with GNUTLS_NONBLOCK and
 * have its credentials.  The stream takes ownership of it even on failure.
 *
 * A failed handshake sends the appropriate alert.  There is no way back to
 * clear text: after an error only stream_close() and stream_free() may be used.
 *
 * Returns 0 or an enum stream_error.
 */
int stream_upgrade(struct stream *, gnutls_session_t session);

/*
 * Sets the function that chooses the alert to send when a handshake fails with
 * a fatal GnuTLS error.  If it returns -1, and by default, GnuTLS chooses
 * (gnutls_error_to_alert(3)).
 */
void stream_set_alert(
    struct stream *, int (*fitting)(gnutls_session_t, int error));

/* The TLS session, or NULL before the upgrade. */
gnutls_session_t stream_tls(const struct stream *);

/* After STREAM_TLS: the GnuTLS error code (gnutls_strerror(3)). */
int stream_tls_error(const struct stream *);

/*
 * After GNUTLS_E_FATAL_ALERT_RECEIVED: which one.  In a handshake of TLS 1.3 it
 * may have come in the clear, as OpenSSL sends it.
 */
gnutls_alert_description_t stream_alert(const struct stream *);

/*
 * After STREAM_CLEARTEXT: what the peer sent instead of a TLS record, printable
 * (printable.h), cut to 40 characters, and with dots for quotation marks.
 */
const char *stream_cleartext(const struct stream *);

/*
 * Describes the enum stream_error that was just returned, errno unchanged
 * since. The string is valid until the next call on the stream.
 */
const char *stream_strerror(struct stream *, int error);

/* The number of octets that TLS has received from the peer so far.  After a
 * handshake that timed out, 0 means that the peer never answered. */
size_t stream_handshake_octets(const struct stream *);

/* When (deadline_now()) the last of them came; 0 if none did. */
int64_t stream_handshake_heard(const struct stream *);

/* Octets read and written so far, not counting those of TLS itself. */
size_t stream_octets_in(const struct stream *);
size_t stream_octets_out(const struct stream *);

/*
 * Ends the output in order: sends what is buffered and, over TLS, close_notify
 * (neither after a fatal alert in either direction: RFC 8446, 6.2), and shuts
 * down the sending side.  Nothing may be written after that, but what the peer
 * sends can still be read.  Returns 0 or an enum stream_error.
 */
int stream_end(struct stream *);

/*
 * Closes the connection in order: ends the output, unless that was done, and
 * discards input until the peer closes too or `linger_ms` have passed.  If
 * input were left unread, the kernel would reset the connection, and the peer
 * might never see the last reply (RFC 1122, 4.2.2.13).  Does not free.  Returns
 * 0 or an enum stream_error.
 */
int stream_close(struct stream *, int64_t linger_ms);

#endif
