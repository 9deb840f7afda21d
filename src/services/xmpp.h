/*
 * XMPP (RFC 6120), between client and server and between servers, with its
 * STARTTLS (5).
 */
#ifndef PINGTLS_XMPP_H
#define PINGTLS_XMPP_H

struct exchange;

int xmpp_upgrade(struct exchange *);
int xmpp_farewell(struct exchange *);

int xmpp_server_upgrade(struct exchange *);
int xmpp_server_farewell(struct exchange *);

#endif
