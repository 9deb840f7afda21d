#include "server/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "server/options_internal.h"

#define TOO_OFTEN "given too often"

int
option_listen(void *options, const char *value, char *why)
{
	struct options *o = options;

	if (o->listen_count == SOCKETS_MAX)
		return command_line_wrong(why, TOO_OFTEN);
	o->listen[o->listen_count++] = value;
	return 0;
}

int
option_cert(void *options, const char *value, char *why)
{
	struct options *o = options;

	if (o->pair_count == KEYHOLDER_KEYS_MAX)
		return command_line_wrong(why, TOO_OFTEN);
	o->pairs[o->pair_count++].certificate_file = value;
	return 0;
}

int
option_key(void *options, const char *value, char *why)
{
	struct options *o = options;

	if (o->key_count == KEYHOLDER_KEYS_MAX)
		return command_line_wrong(why, TOO_OFTEN);
	o->pairs[o->key_count++].key_file = value;
	return 0;
}

int
option_ocsp_response(void *options, const char *value, char *why)
{
	struct options *o = options;
	struct key_pair *pair =
	    &o->pairs[o->pair_count == 0 ? 0 : o->pair_count - 1];

	if (pair->ocsp_file != NULL)
		return command_line_wrong(
		    why, "only one goes with the --cert before it");
	pair->ocsp_file = value;
	return 0;
}

static int
set_networks(struct networks **list, const char *value, char *why)
{
	networks_free(*list);
	*list = networks_parse(value);
	if (*list != NULL)
		return 0;
	return command_line_wrong(why, "%s",
	    errno == ENOMEM ? strerror(errno)
			    : "must be addresses and networks, commas between");
}

int
option_penalty_exempt(void *options, const char *value, char *why)
{
	struct options *o = options;

	return set_networks(&o->listener.penalties.exempt, value, why);
}

int
option_proxy_protocol(void *options, const char *value, char *why)
{
	struct options *o = options;

	return set_networks(&o->listener.proxies, value, why);
}

/* Parses `text`, modifying it. */
static int
set_penalties(struct penalty_options *p, char *text)
{
	static char *const names[] = {"handshake", "crash", "min", "max", NULL};
	int64_t *const values[] = {
	    &p->handshake_ms, &p->crash_ms, &p->min_ms, &p->max_ms};
	char *value;
	int i;

	while (*text != '\0') {
		i = getsubopt(&text, names, &value);
		if (i == -1 || value == NULL ||
		    parse_seconds(value, 0, OPTION_MOST_MS, values[i]) == -1)
			return -1;
	}
	return 0;
}

int
option_penalties(void *options, const char *value, char *why)
{
	struct options *o = options;
	struct penalty_options *p = &o->listener.penalties;
	char *text;
	int ret;

	/* "no" is sshd_config(5)'s. */
	p->on = strcmp(value, "none") != 0 && strcmp(value, "no") != 0;
	if (!p->on)
		return 0;
	text = strdup(value);
	if (text == NULL)
		return command_line_wrong(why, "%s", strerror(errno));
	ret = set_penalties(p, text);
	free(text);
	if (ret == -1)
		return command_line_wrong(why,
		    "must be none, or seconds like " OPTIONS_DEFAULT_PENALTIES);
	if (p->min_ms > p->max_ms)
		return command_line_wrong(why, "min is more than max");
	return 0;
}
