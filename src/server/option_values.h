/*
 * The options of pingtlsd whose values need a function: OPTION_CALL in
 * command_line.h.
 */
#ifndef PINGTLS_OPTION_VALUES_H
#define PINGTLS_OPTION_VALUES_H

/* May be repeated. */
int option_listen(void *options, const char *value, char *why);
int option_cert(void *options, const char *value, char *why);
int option_key(void *options, const char *value, char *why);

/* For the preceding --cert, or the default certificate. */
int option_ocsp_response(void *options, const char *value, char *why);

/* "handshake=2,crash=90,min=15,max=600", any subset of these, or "none". */
int option_penalties(void *options, const char *value, char *why);

/* Lists of networks; the last one given replaces the others. */
int option_penalty_exempt(void *options, const char *value, char *why);
int option_proxy_protocol(void *options, const char *value, char *why);

#endif
