/*
 * IMAP (RFC 3501, 9051) with STARTTLS.
 */
#ifndef PINGTLS_IMAP_H
#define PINGTLS_IMAP_H

struct exchange;

int imap_greeting(struct exchange *);
int imap_upgrade(struct exchange *);
int imap_farewell(struct exchange *);

#endif
