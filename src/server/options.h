/*
 * The command line of pingtlsd as one struct.
 */
#ifndef PINGTLS_OPTIONS_H
#define PINGTLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/networks.h"
#include "credentials/client_auth.h"
#include "credentials/tickets.h"
#include "keyholder/keyholder.h"
#include "listener/sockets.h"
#include "log/log.h"
#include "session/session.h"
#include "tls/policy.h"

/* What a source pays for misbehaving (penalties.h). */
struct penalty_options {
	bool on;
	int64_t handshake_ms; /* for a handshake that fails */
	int64_t crash_ms;     /* for a session that crashes */
	int64_t min_ms, max_ms;
	struct networks *exempt; /* NULL: no one */
};

struct options {
	const char *listen[SOCKETS_MAX];
	size_t listen_count;
	bool inetd;
	struct key_pair pairs[KEYHOLDER_KEYS_MAX];
	size_t pair_count;
	const char *priority; /* NULL: the system's default */
	enum policy_oldest oldest_tls;
	struct clients_options clients;
	bool verify_client; /* said how */
	struct tickets_options tickets;
	const char *user; /* NULL: not said */
	struct session_options session;
	unsigned long max_sessions, max_sessions_per_source;
	unsigned long max_rate_per_source; /* a second; 0: no limit */
	struct penalty_options penalties;
	struct networks *proxies; /* that send the PROXY protocol; NULL: none */
	const char *metrics_file; /* NULL: none */
	int64_t drain_ms;
	bool daemonize;
	const char *pid_file; /* NULL: none */
	enum log_target log;
	int log_most; /* syslog(3) priority */
	bool sandboxed;
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
