#include "client/outcome.h"

#include <string.h>

void
outcome_init(struct outcome *o)
{
	memset(o, 0, sizeof(*o));
	for (int i = 0; i < OUTCOME_PHASES; i++)
		o->phase_ns[i] = OUTCOME_NOT_REACHED;
}
