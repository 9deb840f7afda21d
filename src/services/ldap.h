/*
 * LDAP (RFC 4511) with StartTLS (4.14).
 */
#ifndef PINGTLS_LDAP_H
#define PINGTLS_LDAP_H

struct exchange;

int ldap_upgrade(struct exchange *);
int ldap_farewell(struct exchange *);

#endif
