/*
 * What the files of the options share.
 */
#ifndef PINGTLS_OPTIONS_INTERNAL_H
#define PINGTLS_OPTIONS_INTERNAL_H

#include "server/options.h"

#define OPTIONS_DEFAULT_CERTIFICATE SYSCONFDIR "/pingtls/cert.pem"
#define OPTIONS_DEFAULT_KEY SYSCONFDIR "/pingtls/key.pem"
#define OPTIONS_DEFAULT_PENALTIES "handshake=2,crash=90,min=15,max=600"

/* The upper limit of all times: a day. */
#define OPTION_MOST_MS (24 * 60 * 60 * INT64_C(1000))

/*
 * Checks options that depend on each other, and sets the default key pair.
 * Returns 0, or -1 with a one-line message in `why`.
 */
int options_check(struct options *, char *why);

#endif
