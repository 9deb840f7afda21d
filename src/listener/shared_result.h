/*
 * The memory in which a session leaves its result: of a sealed size, and shared
 * with the listener alone.
 */
#ifndef PINGTLS_SHARED_RESULT_H
#define PINGTLS_SHARED_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "session/session.h"

struct shared_result {
	uint32_t left; /* 1 once it has a descriptor table of its own */
	struct session_result result;
};

/* Makes such memory.  Returns its descriptor, or -1 with errno. */
int shared_result_new(void);

/* In the session: maps it.  Returns NULL with errno. */
struct shared_result *shared_result_map(int fd);

/* In the listener: true if the session has left the table of descriptors. */
bool shared_result_left(int fd);

/* In the listener: copies the result, which is not to be trusted.  Returns
 * false if it cannot be read. */
bool shared_result_read(int fd, struct session_result *);

#endif
