/*
 * The functions that speak the services' protocols, for the table of services:
 * service.h says what each does.  A protocol has a file of its own.
 */
#ifndef PINGTLS_PROTOCOLS_H
#define PINGTLS_PROTOCOLS_H

struct exchange;

/* FTP's control connection (RFC 959, 2389) with AUTH TLS (RFC 4217). */
int ftp_greeting(struct exchange *);
int ftp_upgrade(struct exchange *);
int ftp_farewell(struct exchange *);

/* IMAP (RFC 3501, 9051) with STARTTLS. */
int imap_greeting(struct exchange *);
int imap_upgrade(struct exchange *);
int imap_farewell(struct exchange *);

/* LDAP (RFC 4511) with StartTLS (4.14). */
int ldap_upgrade(struct exchange *);
int ldap_farewell(struct exchange *);

/* MySQL and MariaDB (their documentation: Connection Phase). */
int mysql_greeting(struct exchange *);
int mysql_upgrade(struct exchange *);
int mysql_farewell(struct exchange *);

/* NNTP (RFC 3977) with STARTTLS (RFC 4642). */
int nntp_greeting(struct exchange *);
int nntp_upgrade(struct exchange *);
int nntp_farewell(struct exchange *);

/* POP3 (RFC 1939, 2449) with STLS (RFC 2595). */
int pop3_greeting(struct exchange *);
int pop3_upgrade(struct exchange *);
int pop3_farewell(struct exchange *);

/* PostgreSQL (its documentation, 55.2.10: SSL Session Encryption).  There is no
 * farewell besides close_notify: no session has begun yet. */
int postgres_upgrade(struct exchange *);

/* ManageSieve (RFC 5804) with STARTTLS. */
int sieve_greeting(struct exchange *);
int sieve_upgrade(struct exchange *);
int sieve_farewell(struct exchange *);

/* SMTP (RFC 5321), its submission (RFC 6409) and LMTP (RFC 2033), which differs
 * in the command by which the client names itself; STARTTLS as in RFC 3207. */
int smtp_greeting(struct exchange *);
int smtp_upgrade(struct exchange *);
int smtp_farewell(struct exchange *);
int lmtp_upgrade(struct exchange *);
int lmtp_farewell(struct exchange *);

/* XMPP (RFC 6120) with STARTTLS (5), between client and server and between
 * servers. */
int xmpp_upgrade(struct exchange *);
int xmpp_farewell(struct exchange *);
int xmpp_server_upgrade(struct exchange *);
int xmpp_server_farewell(struct exchange *);

#endif
