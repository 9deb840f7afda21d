/*
 * Options that depend on each other.
 */
#include "server/options_internal.h"

/* A daemon's working directory is "/", also when it reloads. */
static int
check_absolute(const char *option, const char *file, char *why)
{
	char shown[COMMAND_LINE_SHOWN_MAX];

	if (file == NULL || file[0] == '/')
		return 0;
	return command_line_wrong(why,
	    "--%s %s: must begin with / with --daemonize", option,
	    command_line_show(file, shown));
}

/* The options of TLS. */
static int
check_tls(const struct options *o, char *why)
{
	const char *wrongly = NULL;

	if (o->verify_client != VERIFY_CLIENT_UNSAID &&
	    o->clients.ca_file == NULL)
		wrongly = "--verify-client needs --client-ca";
	/* See credentials.h. */
	else if (o->clients.ca_file != NULL && o->tickets.key_file != NULL)
		wrongly = "--client-ca and --ticket-key-file exclude each "
			  "other: no ticket stands for a certificate";
	else if (o->tickets.key_file != NULL && !o->tickets.generate)
		wrongly = "--no-tickets and --ticket-key-file exclude each "
			  "other";
	return wrongly == NULL ? 0 : command_line_wrong(why, "%s", wrongly);
}

/* The files of TLS are opened after the working directory has changed. */
static int
check_tls_files(const struct options *o, char *why)
{
	for (size_t i = 0; i < o->pair_count; i++) {
		const struct key_pair *pair = &o->pairs[i];

		if (check_absolute("cert", pair->certificate_file, why) == -1 ||
		    check_absolute("key", pair->key_file, why) == -1 ||
		    check_absolute("ocsp-response", pair->ocsp_file, why) == -1)
			return -1;
	}
	if (check_absolute("client-ca", o->clients.ca_file, why) == -1)
		return -1;
	return check_absolute("ticket-key-file", o->tickets.key_file, why);
}

int
options_check(struct options *o, char *why)
{
	if (o->pair_count != o->key_count)
		return command_line_wrong(why,
		    "--cert was given %zu times and --key %zu: "
		    "they come in pairs",
		    o->pair_count, o->key_count);
	if (o->pair_count == 0) {
		o->pairs[0].certificate_file = OPTIONS_DEFAULT_CERTIFICATE;
		o->pairs[0].key_file = OPTIONS_DEFAULT_KEY;
		o->pair_count = 1;
	}
	o->clients.optional = o->verify_client == VERIFY_CLIENT_OPTIONAL;
	if (o->inetd && o->listen_count > 0)
		return command_line_wrong(
		    why, "--inetd and --listen exclude each other");
	if (o->inetd && (o->daemonize || o->pid_file != NULL))
		return command_line_wrong(
		    why, "--inetd excludes --daemonize and --pid-file");
	if (check_tls(o, why) == -1)
		return -1;
	if (!o->daemonize)
		return 0;
	if (check_tls_files(o, why) == -1 ||
	    check_absolute("pid-file", o->pid_file, why) == -1)
		return -1;
	return check_absolute("metrics-file", o->listener.metrics_file, why);
}
