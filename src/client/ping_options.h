/*
 * The options of pingtls.
 */
#ifndef PINGTLS_PING_OPTIONS_H
#define PINGTLS_PING_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/command_line.h"
#include "client/target.h"
#include "client/tlsa.h"
#include "client/verify.h"

struct ping_options {
	struct target *targets; /* in the order given */
	size_t target_count;
	struct target_defaults target_defaults;
	int family;          /* AF_UNSPEC, AF_INET or AF_INET6 */
	unsigned long count; /* 0: no limit */
	int64_t interval_ms, deadline_ms, timeout_ms; /* deadline: 0, none */
	int64_t starttls_delay_ms;
	bool plain, quiet, verbose;
	unsigned long parallel; /* conversations at once, at most */
	bool no_sandbox;
	bool all_addresses; /* each address of a name is a target */
	bool timestamps;    /* -D */
	bool json;
	bool prometheus;
	const char *prometheus_file; /* NULL: standard output */
	bool reconnect; /* a conversation per ping for our own protocol, too */
	bool has_proxy;
	struct target proxy; /* an HTTP proxy for CONNECT */
	bool has_verify_name;
	struct host_name verify_name;
	const char *pins;       /* in the syntax of curl; NULL: none */
	unsigned long min_days; /* 0: not checked */
	struct tlsa *tlsa; /* that the certificate must match; NULL: none */
	size_t tlsa_count;
	bool dane; /* the records are those in DNS */
	struct verify_options verify;
};

/* Sets the defaults. */
void ping_options_init(struct ping_options *);

/*
 * Parses the command line.  The struct points into `argv`.  `why` has room for
 * COMMAND_LINE_WHY_MAX octets.
 */
enum command_line_outcome ping_options_parse(
    int argc, char *argv[], struct ping_options *, char *why);

/* Checks options that depend on each other.  Returns 0, or -1 with a message in
 * `why`. */
int ping_options_check(const struct ping_options *, char *why);

/* Frees the members.  Call it whatever the outcome of parsing. */
void ping_options_free(struct ping_options *);

#endif
