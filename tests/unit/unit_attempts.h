/*
 * What a session or keyholder that was broken into would try, and which layers
 * of the sandbox are to refuse it.
 */
#ifndef PINGTLS_UNIT_ATTEMPTS_H
#define PINGTLS_UNIT_ATTEMPTS_H

#include <stdbool.h>

#include "confine/sandbox.h"

/* The layers of a sandbox (sandbox.h). */
enum {
	UNIT_LIMITS = 1,
	UNIT_LANDLOCK = 2,
	UNIT_FILTER = 4,
};

struct unit_attempt {
	const char *name;
	bool (*make)(void);  /* whether it worked */
	unsigned int layers; /* each of which refuses it, Landlock aside */
	bool descriptor; /* it takes a new one, which a session's limits and the
	                    client's refuse */
	long landlock;   /* the version from which it does; 0: none */
};

extern const struct unit_attempt unit_attempts[];
extern const int unit_attempt_count;

/* The layers that refuse the attempt, in this build and on this machine. */
unsigned int unit_refusing(const struct unit_attempt *, enum sandbox_role role);

/* Root is not held by limits: becomes a user that has no account, if root. */
void unit_become_user(void);

/* The descriptor that a process with an attempt has as its stream. */
#define UNIT_STREAM 3

/*
 * Whether an attempt works in a process of its own, which confine(how) confines
 * first; NULL: nothing does.
 */
bool unit_works(
    bool (*attempt)(void), bool (*confine)(const void *), const void *how);

#endif
