/*
 * One connection that another program accepted (inetd, xinetd, tcpserver, or
 * systemd with Accept=yes): the process is the session.
 */
#ifndef PINGTLS_INETD_H
#define PINGTLS_INETD_H

#include <stdbool.h>

#include "credentials/credentials.h"
#include "server/options.h"

/* Whether standard error, the log's way to a person, is in truth the peer
 * (inetd(8)). */
bool inetd_stderr_is_peer(void);

/*
 * Serves the connected socket `fd`, moved off the standard descriptors, and
 * logs how it went.  `how` says how to load the credentials; it is changed so
 * that the keyholder reads the keys at STARTTLS.
 * Ends the process, or returns the exit status if it could not even try.
 */
int inetd_run(const struct options *, struct credentials_options *how, int fd);

#endif
