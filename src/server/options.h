/*
 * The command line of pingtlsd as one struct.
 */
#ifndef PINGTLS_OPTIONS_H
#define PINGTLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "credentials/client_auth.h"
#include "credentials/tickets.h"
#include "keyholder/keyholder.h"
#include "listener/listener_options.h"
#include "listener/sockets.h"
#include "log/log.h"
#include "tls/policy.h"

struct options {
	const char *listen[SOCKETS_MAX];
	size_t listen_count;
	bool inetd;
	struct key_pair pairs[KEYHOLDER_KEYS_MAX];
	size_t pair_count;
	const char *priority; /* NULL: the system's default */
	enum policy_oldest oldest_tls;
	struct client_auth_options clients;
	bool verify_client; /* said how */
	struct tickets_options tickets;
	const char *user; /* NULL: not said */
	struct listener_options listener;
	bool daemonize;
	const char *pid_file; /* NULL: none */
	enum log_target log;
	int log_most; /* syslog(3) priority */
	bool check_config;
};

enum options_outcome {
	OPTIONS_RUN,
	OPTIONS_SHOWN, /* --help or --version: all is done */
	OPTIONS_WRONG, /* one line was logged: status 2 */
};

/* Parses the command line; the struct refers to `argv`.  options_free() frees
 * what it holds, whatever the outcome. */
enum options_outcome options_parse(int argc, char *argv[], struct options *);
void options_free(struct options *);

#endif
