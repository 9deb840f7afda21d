#include "listener/notifier.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "log/systemd.h"

/* The time until a message that the manager had no room for is sent again. */
#define RETRY_MS 100

/* Returns false if it is worth another try. */
static bool
send_state(const char *state)
{
	return systemd_notify(state) == 0 || errno != EAGAIN;
}

static void
try(struct notifier *n, int64_t now)
{
	if (send_state(n->unsent))
		n->unsent[0] = '\0';
	else
		n->next_try = deadline_after(now, RETRY_MS);
}

void
notifier_tell(struct notifier *n, const char *state)
{
	snprintf(n->unsent, sizeof(n->unsent), "%s", state);
	try(n, deadline_now());
}

deadline
notifier_handle_time(struct notifier *n, int64_t now)
{
	int64_t watchdog = systemd_watchdog_ms();
	deadline next = DEADLINE_NEVER;

	if (n->unsent[0] != '\0' && now >= n->next_try)
		try(n, now);
	if (n->unsent[0] != '\0')
		next = n->next_try;
	if (watchdog == 0)
		return next;
	if (now >= n->next_watchdog)
		n->next_watchdog = deadline_after(
		    now, send_state("WATCHDOG=1") ? watchdog : RETRY_MS);
	return deadline_earlier(next, n->next_watchdog);
}
