/*
 * The parts that options.c is made of.
 */
#ifndef PINGTLS_OPTIONS_INTERNAL_H
#define PINGTLS_OPTIONS_INTERNAL_H

#include "server/options.h"

#define OPTIONS_DEFAULT_CERTIFICATE SYSCONFDIR "/pingtls/cert.pem"
#define OPTIONS_DEFAULT_KEY SYSCONFDIR "/pingtls/key.pem"
#define OPTIONS_DEFAULT_PENALTIES "handshake=2,crash=90,min=15,max=600"

extern const struct options options_defaults;

/* Prints what --help shows, the defaults with it. */
void options_show_help(void);

/*
 * Checks what only the whole command line tells, on which --key was given
 * `keys` times, and fills in the default pair.  Returns 0, or -1 after logging
 * one line.
 */
int options_check(struct options *, size_t keys);

#endif
