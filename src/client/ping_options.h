/*
 * The command line of pingtls as one struct.
 */
#ifndef PINGTLS_PING_OPTIONS_H
#define PINGTLS_PING_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/command_line.h"
#include "client/verify.h"

struct ping_options {
	char host[ADDRESS_HOST_MAX];
	char port[ADDRESS_PORT_MAX];
	int family;          /* AF_UNSPEC, AF_INET or AF_INET6 */
	unsigned long count; /* 0: no end */
	int64_t interval_ms, deadline_ms, timeout_ms; /* deadline: 0, none */
	int64_t starttls_delay_ms;
	bool plain, quiet, verbose;
	struct verify_options verify;
};

/*
 * Parses the command line.  The struct refers to `argv` and, for the name to
 * verify, to itself: it is not to be copied.  `why` has room for
 * COMMAND_LINE_WHY_MAX octets.
 */
enum command_line_outcome ping_options_parse(
    int argc, char *argv[], struct ping_options *, char *why);

#endif
