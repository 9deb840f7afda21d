/*
 * The options of pingtlsd that need a function: for rows of OPTION_CALL (see
 * command_line.h).
 */
#ifndef PINGTLS_OPTION_VALUES_H
#define PINGTLS_OPTION_VALUES_H

/* These may be repeated. */
int option_listen(void *options, const char *value, char *why);
int option_cert(void *options, const char *value, char *why);
int option_key(void *options, const char *value, char *why);

/* Goes with the certificate before it, or with the default one. */
int option_ocsp_response(void *options, const char *value, char *why);

/* "handshake=2,crash=90,min=15,max=600", or a part of it, or "none". */
int option_penalties(void *options, const char *value, char *why);

/* Lists of networks; the last one given counts. */
int option_penalty_exempt(void *options, const char *value, char *why);
int option_proxy_protocol(void *options, const char *value, char *why);

#endif
