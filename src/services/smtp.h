/*
 * SMTP (RFC 5321), its submission (RFC 6409) and LMTP (RFC 2033), with STARTTLS
 * as in RFC 3207.
 */
#ifndef PINGTLS_SMTP_H
#define PINGTLS_SMTP_H

struct exchange;

int smtp_greeting(struct exchange *);
int smtp_upgrade(struct exchange *);
int smtp_farewell(struct exchange *);

/* LMTP differs in the word by which the client names itself. */
int lmtp_upgrade(struct exchange *);
int lmtp_farewell(struct exchange *);

#endif
