/*
 * The values of options: read, or refused with one line in the log.
 *
 * Each function takes the option's long name, where it is not always the same
 * one, and its value.  Each returns 0, or -1 after logging.
 */
#ifndef PINGTLS_OPTION_VALUES_H
#define PINGTLS_OPTION_VALUES_H

#include <stdint.h>

#include "server/options.h"

/* Logs what the value must be.  Returns -1. */
int option_wrong(const char *option, const char *value, const char *want);

/* A whole number from `least` to `most`. */
int option_number(const char *option, const char *text, unsigned long least,
    unsigned long most, unsigned long *value);

/* Seconds, with decimals, up to a day; to milliseconds. */
int option_seconds(const char *option, const char *text, int64_t *ms);

/* A list of networks, which takes the place of that in `list`. */
int option_networks(
    const char *option, const char *text, struct networks **list);

/* "handshake=2,crash=90,min=15,max=600", or a part of it, or "none"; cuts
 * `text` up. */
int option_penalties(
    const char *option, char *text, struct penalty_options *penalties);

/* --log, --min-tls and --verify-client. */
int option_log(const char *text, enum log_target *log);
int option_min_tls(const char *text, enum policy_oldest *oldest);
int option_verify_client(const char *text, struct client_auth_options *clients);

#endif
