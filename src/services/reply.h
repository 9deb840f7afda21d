/*
 * Replies of the text protocols: with a code of three digits, in one line or
 * several, and lists that a dot ends.
 */
#ifndef PINGTLS_REPLY_H
#define PINGTLS_REPLY_H

#include "services/exchange_internal.h"

enum reply_form {
	REPLY_LINE,   /* "205 text": one line (RFC 3977, 3.1) */
	REPLY_CODED,  /* "250-text" and "250 text": the code in each line (RFC
	                 5321, 4.2) */
	REPLY_FRAMED, /* the same, and lines without it between (RFC 959, 4.2)
	               */
};

/* Is told the text of each line of a reply or list, `number` from 0 on. */
typedef void reply_line(
    struct exchange *, const char *text, unsigned int number);

/*
 * Reads a reply, and has `line` told of each of its lines unless that is NULL.
 * Returns its code, 100 to 599, or -1.
 */
int reply_read(struct exchange *, enum reply_form, reply_line *line);

/* Reads a reply that must have the code `wanted`: else the server refused, see
 * exchange_refused().  Returns 0 or -1. */
int reply_expect(struct exchange *, enum reply_form, int wanted);

/*
 * Sends the command that is to begin TLS, and reads the reply that must have
 * the code `wanted`: else see exchange_not_upgraded().  Returns 0 or -1.
 */
int reply_starttls(
    struct exchange *, const char *command, enum reply_form, int wanted);

/*
 * Reads a list, up to a line of a dot (RFC 3977, 3.1.1; RFC 1939, 3), and has
 * `line` told of each of its lines.  Returns 0 or -1.
 */
int reply_list(struct exchange *, reply_line *line);

#endif
