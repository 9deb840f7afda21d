/*
 * Targets: [SERVICE://]HOST[:PORT].
 */
#ifndef PINGTLS_TARGET_H
#define PINGTLS_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/address.h"
#include "client/host_name.h"
#include "client/outcome.h"
#include "services/service.h"

struct target {
	char given[OUTCOME_TARGET_MAX];
	/* How reports name it: as given, with -m and its address behind that.
	 */
	char text[OUTCOME_TARGET_MAX];
	const struct service *service; /* NULL: our own protocol */
	struct host_name host;
	uint16_t port;
	/* The only address to try; length 0: any that is found. */
	struct sockaddr_storage address;
	socklen_t address_length;
};

/* The defaults for what a target does not specify. */
struct target_defaults {
	const struct service *service; /* NULL: our own protocol */
	uint16_t port;                 /* 0: that of the service */
};

/*
 * Parses a target.  Returns NULL, or a few words that say what is wrong.
 */
const char *target_parse(
    const char *text, const struct target_defaults *, struct target *);

/*
 * Finds a service by its name or alias, ignoring case; "pingtls" is our own
 * protocol and sets it to NULL.  Returns false if there is no such service.
 */
bool target_service_find(const char *name, const struct service **);

/* The name of its service; "pingtls" for our own protocol. */
const char *target_service_name(const struct target *);

#endif
