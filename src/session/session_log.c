#include "session/session_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/address.h"
#include "confine/sandbox.h"
#include "log/log.h"

/* The number of fields below that describe TLS, without the client's. */
#define TLS_FIELDS 4

/* The peer, as logged. */
struct who {
	char text[ADDRESS_TEXT_MAX]; /* address and port */
	char address[ADDRESS_HOST_MAX];
	char port[ADDRESS_PORT_MAX];
};

/* Logs a session that ended by itself. */
static void
log_served(
    const struct who *who, double seconds, const struct session_result *r)
{
	char pings[24], tls_pings[24], duration[32], handshake[32];
	char what[192] = "", why[SESSION_TEXT_MAX + 4] = "";
	char client[CLIENT_AUTH_NAME_MAX + 16] = "";
	const char *end = session_end_text(r->end);
	struct log_field fields[] = {
	    {"PINGTLS_PEER", who->text},
	    {"PINGTLS_PEER_ADDRESS", who->address},
	    {"PINGTLS_PEER_PORT", who->port},
	    {"PINGTLS_OUTCOME", end},
	    {"PINGTLS_DURATION_SECONDS", duration},
	    {"PINGTLS_PINGS_CLEAR", pings},
	    {"PINGTLS_PINGS_TLS", tls_pings},
	    /* the rest only after an upgrade */
	    {"PINGTLS_TLS_VERSION", r->version},
	    {"PINGTLS_CIPHER_SUITE", r->cipher_suite},
	    {"PINGTLS_HANDSHAKE_SECONDS", handshake},
	    {"PINGTLS_RESUMED", r->resumed != 0 ? "yes" : "no"},
	    /* and this one only with a client certificate */
	    {"PINGTLS_CLIENT", r->client},
	};
	size_t count = sizeof(fields) / sizeof(fields[0]);

	snprintf(pings, sizeof(pings), "%" PRIu64, r->pings_clear);
	snprintf(tls_pings, sizeof(tls_pings), "%" PRIu64, r->pings_tls);
	snprintf(duration, sizeof(duration), "%.6f", seconds);
	snprintf(handshake, sizeof(handshake), "%.6f",
	    (double)r->handshake_ns / 1e9);
	if (r->upgraded != 0)
		snprintf(what, sizeof(what),
		    ", %s over %s %s after a %shandshake of %.1f ms", tls_pings,
		    r->version, r->cipher_suite,
		    r->resumed != 0 ? "resumed " : "",
		    (double)r->handshake_ns / 1e6);
	else
		count -= TLS_FIELDS;
	if (r->upgraded != 0 && r->client[0] != '\0')
		snprintf(client, sizeof(client), "; client: %s", r->client);
	else
		count--;
	/* The reason, unless it repeats the outcome. */
	if (r->why[0] != '\0' && strcmp(r->why, end) != 0)
		snprintf(why, sizeof(why), " (%s)", r->why);
	log_event(r->end == SESSION_UNSERVED ? LOG_ERR : LOG_INFO, fields,
	    count,
	    "session from %s ended after %.3f s: %s%s; pings: %s in the "
	    "clear%s%s",
	    who->text, seconds, end, why, pings, what, client);
}

/* Logs a session whose process ended before it did. */
static void
log_cut_off(const struct who *who, double seconds, uint32_t how, int status)
{
	const char *end = session_end_text(how);
	const struct log_field fields[] = {
	    {"PINGTLS_PEER", who->text},
	    {"PINGTLS_PEER_ADDRESS", who->address},
	    {"PINGTLS_PEER_PORT", who->port},
	    {"PINGTLS_OUTCOME", end},
	};
	size_t count = sizeof(fields) / sizeof(fields[0]);
	int signal = WTERMSIG(status);

	if (how == SESSION_STOPPED || how == SESSION_GAVE_WAY)
		log_event(LOG_INFO, fields, count,
		    "session from %s ended after %.3f s: %s", who->text,
		    seconds, end);
	else if (WIFSIGNALED(status))
		log_event(LOG_WARNING, fields, count,
		    "session from %s ended after %.3f s: %s by signal %d (%s)",
		    who->text, seconds, end, signal,
		    sandbox_signal_text(signal));
	else
		log_event(LOG_WARNING, fields, count,
		    "session from %s ended after %.3f s: its process failed "
		    "with status %d",
		    who->text, seconds, WEXITSTATUS(status));
}

void
session_log(const struct peer *peer, const struct session_result *r, int status)
{
	double seconds = (double)(deadline_now() - peer->began) / 1e9;
	struct who who;

	peer_format(peer, who.text);
	(void)address_split(who.text, who.address, who.port);
	if (r->end == SESSION_CRASHED || r->end == SESSION_KILLED ||
	    r->end == SESSION_STOPPED || r->end == SESSION_GAVE_WAY)
		log_cut_off(&who, seconds, r->end, status);
	else
		log_served(&who, seconds, r);
}
