/*
 * A stage: the other end of a stream, played from a script, without threads and
 * without waiting.
 *
 * The linker puts the stage in the place of deadline.h (--wrap): whoever would
 * wait for the stream lets the script go on by a step instead, until there is
 * something to read, the script says that time passes, or it ends and the other
 * end is closed.  So an input always does the same, and an hour costs nothing.
 *
 * The steps of the script (script.h): text is sent, in the clear or over TLS,
 * and
 *
 *	\a  the next step follows at once: both are there when it is looked at
 *	\h  begin a handshake, TLS 1.3 if it is ours to say    \H  TLS 1.2
 *	\r  send octets as they are, TLS or not                \t  over TLS
 *again \o  send one octet at a time, or no longer             \d  stop reading,
 *	\k  update the keys of TLS 1.3                             or no longer
 *	\g  ask for another handshake                          \b  close_notify
 *	\e  close the sending side     \c  close               \w  time passes
 *	\i  interrupt the wait, where that can be             \n  a warning of
 *TLS
 *
 * and any other letter ends a segment.
 */
#ifndef PINGTLS_FUZZ_STAGE_H
#define PINGTLS_FUZZ_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "actor.h"

struct stage {
	struct actor actor;
	bool late;           /* time passed; what had been sent and said ... */
	size_t sent_in_time; /* ... by then, at first */
	size_t said_in_time;
};

/* What has happened up to now. */
const struct stage *stage_look(void);

/*
 * Opens the stage; returns the socket for the stream that is to be tried.  The
 * other end is GNUTLS_CLIENT or GNUTLS_SERVER with `credentials`.
 */
int stage_open(const uint8_t *script, size_t size, unsigned int role,
    gnutls_certificate_credentials_t credentials);

/* Hears what is still to be heard. */
void stage_end(void);

void stage_close(void);

#endif
