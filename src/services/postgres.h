/*
 * PostgreSQL (its documentation, 55.2.10: SSL Session Encryption).
 */
#ifndef PINGTLS_POSTGRES_H
#define PINGTLS_POSTGRES_H

struct exchange;

/* There is no farewell besides close_notify: no session has begun yet. */
int postgres_upgrade(struct exchange *);

#endif
