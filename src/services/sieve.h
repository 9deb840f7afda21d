/*
 * ManageSieve (RFC 5804) with STARTTLS.
 */
#ifndef PINGTLS_SIEVE_H
#define PINGTLS_SIEVE_H

struct exchange;

int sieve_greeting(struct exchange *);
int sieve_upgrade(struct exchange *);
int sieve_farewell(struct exchange *);

#endif
