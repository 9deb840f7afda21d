/*
 * Serving one connection accepted by another program: inetd, xinetd, tcpserver,
 * or systemd with Accept=yes.  This process is the session.
 */
#ifndef PINGTLS_INETD_H
#define PINGTLS_INETD_H

#include <stdbool.h>

#include "credentials/credentials.h"
#include "server/options.h"

/* True if standard error is the connection to the peer, as inetd(8) has it. */
bool inetd_stderr_is_peer(void);

/*
 * Serves the connected socket `fd` and logs the session.  The credentials are
 * loaded as `how` says, which is changed so that the keyholder reads the keys
 * only at STARTTLS.  Ends the process, or returns the exit status if there was
 * no session.
 */
int inetd_run(const struct options *, struct credentials_options *how, int fd);

#endif
