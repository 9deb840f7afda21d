/*
 * The parts that options.c is made of.
 */
#ifndef PINGTLS_OPTIONS_INTERNAL_H
#define PINGTLS_OPTIONS_INTERNAL_H

#include "server/options.h"

#define OPTIONS_DEFAULT_CERTIFICATE SYSCONFDIR "/pingtls/cert.pem"
#define OPTIONS_DEFAULT_KEY SYSCONFDIR "/pingtls/key.pem"
#define OPTIONS_DEFAULT_PENALTIES "handshake=2,crash=90,min=15,max=600"

/* A day: no one waits longer for a line, and a session that lasts longer is as
 * well begun anew. */
#define OPTION_MOST_MS (24 * 60 * 60 * INT64_C(1000))

/*
 * Checks what only the whole command line tells, and fills in the default pair.
 * Returns 0, or -1 with one line in `why`.
 */
int options_check(struct options *, char *why);

#endif
