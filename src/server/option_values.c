/*
 * The values of options: read, or refused with one line in the log.
 */
#include "server/option_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "server/options_internal.h"

/* A day: no one waits longer for a line, and a session that lasts longer is
 * as well begun anew. */
#define MOST_MS (24 * 60 * 60 * INT64_C(1000))

int
option_wrong(const char *option, const char *value, const char *want)
{
	log_line(LOG_ERR, "--%s %s: %s", option, value, want);
	return -1;
}

int
option_number(const char *option, const char *text, unsigned long least,
    unsigned long most, unsigned long *value)
{
	char want[64];

	if (parse_count(text, least, most, value) == 0)
		return 0;
	snprintf(want, sizeof(want), "must be a number from %lu to %lu", least,
	    most);
	return option_wrong(option, text, want);
}

int
option_seconds(const char *option, const char *text, int64_t *ms)
{
	char want[64];

	if (parse_seconds(text, 0, MOST_MS, ms) == 0)
		return 0;
	snprintf(want, sizeof(want), "must be seconds from 0 to %d",
	    (int)(MOST_MS / 1000));
	return option_wrong(option, text, want);
}

int
option_networks(const char *option, const char *text, struct networks **list)
{
	networks_free(*list);
	*list = networks_parse(text);
	return *list != NULL
	           ? 0
	           : option_wrong(option, text,
			 errno == ENOMEM ? strerror(errno)
					 : "must be addresses and networks, "
					   "commas between");
}

/* Reads "handshake=2,crash=90,min=15,max=600", or a part of it, or "none". */
int
option_penalties(const char *option, char *text, struct penalty_options *p)
{
	static char *const names[] = {"handshake", "crash", "min", "max", NULL};
	int64_t *const values[] = {
	    &p->handshake_ms, &p->crash_ms, &p->min_ms, &p->max_ms};
	char *rest = text, *value, whole[64];
	int i;

	p->on = strcmp(text, "none") != 0;
	if (!p->on)
		return 0;
	snprintf(whole, sizeof(whole), "%s", text); /* getsubopt cuts it up */
	while (*rest != '\0') {
		i = getsubopt(&rest, names, &value);
		if (i == -1 || value == NULL ||
		    parse_seconds(value, 0, MOST_MS, values[i]) == -1)
			return option_wrong(option, whole,
			    "must be none, or seconds "
			    "like " OPTIONS_DEFAULT_PENALTIES);
	}
	if (p->min_ms > p->max_ms)
		return option_wrong(option, whole, "min is more than max");
	return 0;
}

int
option_log(const char *text, enum log_target *log)
{
	static const char *const names[] = {
	    [LOG_TARGET_AUTO] = "auto",
	    [LOG_TARGET_STDERR] = "stderr",
	    [LOG_TARGET_SYSLOG] = "syslog",
	    [LOG_TARGET_JOURNAL] = "journal",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0) {
			*log = (enum log_target)i;
			return 0;
		}
	return option_wrong(
	    "log", text, "must be auto, stderr, syslog or journal");
}

int
option_min_tls(const char *text, enum policy_oldest *oldest)
{
	if (strcmp(text, "1.2") == 0)
		*oldest = POLICY_TLS_1_2;
	else if (strcmp(text, "1.3") == 0)
		*oldest = POLICY_TLS_1_3;
	else
		return option_wrong("min-tls", text, "must be 1.2 or 1.3");
	return 0;
}

int
option_verify_client(const char *text, struct client_auth_options *clients)
{
	clients->optional = strcmp(text, "optional") == 0;
	if (clients->optional || strcmp(text, "require") == 0)
		return 0;
	return option_wrong(
	    "verify-client", text, "must be require or optional");
}
