#include "client/outcome.h"

#include <string.h>

const char *const outcome_phase_names[OUTCOME_PHASES] = {
    [OUTCOME_RESOLVE] = "resolve",
    [OUTCOME_CONNECT] = "connect",
    [OUTCOME_PROXY] = "proxy",
    [OUTCOME_GREETING] = "greeting",
    [OUTCOME_STARTTLS] = "starttls",
    [OUTCOME_TLS] = "tls",
    [OUTCOME_TOTAL] = "total",
};

void
outcome_init(struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	for (int i = 0; i < OUTCOME_PHASES; i++)
		o->phase_ns[i] = OUTCOME_NOT_REACHED;
}
