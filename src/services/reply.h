/*
 * Replies of the text protocols: replies of one or more lines with a code of
 * three digits, and lists of capabilities that end with a dot.
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

/* Returns the code of three digits, 100 to 599, at the start of `line`, or -1,
 * and stores in `rest` what follows it. */
int reply_code(const char *line, const char **rest);

/* Called with the text of each line of a reply; `number` starts at 0. */
typedef void reply_line(
    struct exchange *, const char *text, unsigned int number);

/*
 * Reads a reply and calls `line`, unless it is NULL, for each of its lines. All
 * of them are recorded as its text, as far as there is room.  Returns the
 * reply's code, 100 to 599, or -1.
 */
int reply_read(struct exchange *, enum reply_form, reply_line *line);

/* Reads a reply that must have the code `wanted`.  Any other is a refusal.
 * Returns 0 or -1. */
int reply_expect(struct exchange *, enum reply_form, int wanted);

/*
 * Sends the command that begins TLS, and reads its reply, which must have the
 * code `wanted`.  Any other is a refusal of STARTTLS.  Returns 0 or -1.
 */
int reply_starttls(
    struct exchange *, const char *command, enum reply_form, int wanted);

/*
 * Reads a list of capabilities, one a line, that ends with a line of one dot
 * (RFC 3977, 3.1.1; RFC 1939, 3), and records whether `starttls` is among them.
 * Returns 0 or -1.
 */
int reply_capabilities(struct exchange *, const char *starttls);

#endif
