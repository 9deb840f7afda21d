/*
 * MySQL and MariaDB (their documentation: Connection Phase).
 */
#ifndef PINGTLS_MYSQL_H
#define PINGTLS_MYSQL_H

struct exchange;

int mysql_greeting(struct exchange *);
int mysql_upgrade(struct exchange *);
int mysql_farewell(struct exchange *);

#endif
