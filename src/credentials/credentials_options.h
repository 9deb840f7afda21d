/*
 * The options of the server's credentials.
 */
#ifndef PINGTLS_CREDENTIALS_OPTIONS_H
#define PINGTLS_CREDENTIALS_OPTIONS_H

#include "credentials/client_auth.h"
#include "credentials/tickets.h"
#include "keyholder/keyholder.h"
#include "tls/policy.h"

struct credentials_options {
	struct keyholder_options keyholder;
	const char *priority; /* NULL: the system's default (policy.h) */
	enum policy_oldest oldest;
	struct client_auth_options clients;
	/* Not used with client certificates: whoever got the ticket key could
	 * pretend that any client had presented one. */
	struct tickets_options tickets;
};

#endif
