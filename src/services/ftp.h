/*
 * FTP's control connection (RFC 959, 2389) with AUTH TLS (RFC 4217).
 */
#ifndef PINGTLS_FTP_H
#define PINGTLS_FTP_H

struct exchange;

int ftp_greeting(struct exchange *);
int ftp_upgrade(struct exchange *);
int ftp_farewell(struct exchange *);

#endif
