/*
 * The options of pingtlsd.
 */
#ifndef PINGTLS_OPTIONS_H
#define PINGTLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/command_line.h"
#include "credentials/client_auth.h"
#include "credentials/tickets.h"
#include "keyholder/keyholder.h"
#include "listener/listener_options.h"
#include "listener/sockets.h"
#include "log/log.h"
#include "tls/policy.h"

enum verify_client {
	VERIFY_CLIENT_REQUIRE,
	VERIFY_CLIENT_OPTIONAL,
	VERIFY_CLIENT_UNSAID, /* means VERIFY_CLIENT_REQUIRE */
};

struct options {
	const char *listen[SOCKETS_MAX];
	size_t listen_count;
	bool inetd;
	struct key_pair pairs[KEYHOLDER_KEYS_MAX];
	size_t pair_count;    /* of --cert */
	size_t key_count;     /* of --key */
	const char *priority; /* NULL: the system's default */
	enum policy_oldest oldest_tls;
	struct client_auth_options clients;
	enum verify_client verify_client;
	struct tickets_options tickets;
	const char *user; /* NULL: not said */
	struct listener_options listener;
	bool daemonize;
	const char *pid_file; /* NULL: none */
	enum log_target log;
	int log_most; /* syslog(3) priority */
	bool check_config;
};

/*
 * Parses the command line; the struct points into `argv`.  An error is logged
 * in one line.  Call options_free() whatever the outcome.
 */
enum command_line_outcome options_parse(
    int argc, char *argv[], struct options *);
void options_free(struct options *);

#endif
