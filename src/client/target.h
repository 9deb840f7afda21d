/*
 * What to ping: [SERVICE://]HOST[:PORT].
 */
#ifndef PINGTLS_TARGET_H
#define PINGTLS_TARGET_H

#include <stdint.h>

#include "base/address.h"
#include "client/host_name.h"
#include "client/outcome.h"
#include "services/service.h"

struct target {
	char text[OUTCOME_TARGET_MAX]; /* as it was given */
	const struct service *service; /* NULL: our own protocol */
	struct host_name host;
	uint16_t port;
};

/* What holds where a target itself does not say it. */
struct target_defaults {
	const struct service *service; /* NULL: our own protocol */
	uint16_t port;                 /* 0: that of the service */
};

/*
 * Parses a target.  Returns NULL, or in a few words what is wrong with it.
 */
const char *target_parse(
    const char *text, const struct target_defaults *, struct target *);

/* The name of the protocol that it speaks. */
const char *target_service_name(const struct target *);

#endif
