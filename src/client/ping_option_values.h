/*
 * The options of pingtls whose values need a function: OPTION_CALL in
 * command_line.h.  `options` is a struct ping_options, or a struct that begins
 * with one.
 */
#ifndef PINGTLS_PING_OPTION_VALUES_H
#define PINGTLS_PING_OPTION_VALUES_H

/* Defaults of targets. */
int ping_option_port(void *options, const char *value, char *why);
int ping_option_service(void *options, const char *value, char *why);

int ping_option_ipv4(void *options, const char *value, char *why);
int ping_option_ipv6(void *options, const char *value, char *why);
int ping_option_proxy(void *options, const char *value, char *why);
int ping_option_verify_name(void *options, const char *value, char *why);

/* Only once. */
int ping_option_ca_file(void *options, const char *value, char *why);

/* "sha256//BASE64", several with ";" between. */
int ping_option_pins(void *options, const char *value, char *why);

/* A record; may be repeated. */
int ping_option_tlsa(void *options, const char *value, char *why);

/* A file, or NULL: standard output. */
int ping_option_prometheus(void *options, const char *value, char *why);

#endif
