/*
 * POP3 (RFC 1939, 2449) with STLS (RFC 2595).
 */
#ifndef PINGTLS_POP3_H
#define PINGTLS_POP3_H

struct exchange;

int pop3_greeting(struct exchange *);
int pop3_upgrade(struct exchange *);
int pop3_farewell(struct exchange *);

#endif
