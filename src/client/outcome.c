#include "client/outcome.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"

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

static bool
is_ascii(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] > 127)
			return false;
	return true;
}

const char *
outcome_show_target(const struct outcome *o, char *text)
{
	const char *end = strstr(o->target, "://");
	const char *name = end == NULL ? o->target : end + strlen("://");
	/* Behind it stands a port, or with -m the address. */
	size_t size = strcspn(name, ": ");
	bool ascii = is_ascii(name, size);
	int n = snprintf(text, OUTCOME_TARGET_MAX, "%.*s%s%s",
	    (int)(name - o->target), o->target, ascii ? "" : o->host,
	    ascii ? name : name + size);

	printable_mark_cut(text, OUTCOME_TARGET_MAX, (size_t)n);
	return text;
}
