/*
 * NNTP (RFC 3977) with STARTTLS (RFC 4642).
 */
#ifndef PINGTLS_NNTP_H
#define PINGTLS_NNTP_H

struct exchange;

int nntp_greeting(struct exchange *);
int nntp_upgrade(struct exchange *);
int nntp_farewell(struct exchange *);

#endif
