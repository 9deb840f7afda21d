#include "stats/metrics.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/gnutls.h>

#define PREFIX "pingtlsd_"

static void
describe_metric(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name,
	    help, name, type);
}

static void
counter(FILE *f, const char *name, const char *help, uint64_t value)
{
	describe_metric(f, name, "counter", help);
	fprintf(f, PREFIX "%s %" PRIu64 "\n", name, value);
}

/* A counter with a value in the clear and one over TLS. */
static void
by_phase(
    FILE *f, const char *name, const char *help, uint64_t clear, uint64_t tls)
{
	describe_metric(f, name, "counter", help);
	fprintf(f, PREFIX "%s{phase=\"clear\"} %" PRIu64 "\n", name, clear);
	fprintf(f, PREFIX "%s{phase=\"tls\"} %" PRIu64 "\n", name, tls);
}

static void
rejections(FILE *f, const struct stats *s)
{
	describe_metric(
	    f, "refused_total", "counter", "Connections refused, by reason.");
	for (enum reject_reason i = 0; i < REJECT_REASONS; i++)
		fprintf(f, PREFIX "refused_total{reason=\"%s\"} %" PRIu64 "\n",
		    rejection_of(i)->label, s->refused[i]);
}

/* The name of an alert as in RFC 8446, 6: GnuTLS's without its prefix, in lower
 * case. */
static void
name_alert(unsigned int alert, char *name, size_t size)
{
	static const char prefix[] = "GNUTLS_A_";
	const char *from =
	    gnutls_alert_get_strname((gnutls_alert_description_t)alert);
	size_t i = 0;

	if (from != NULL && strncmp(from, prefix, strlen(prefix)) == 0)
		from += strlen(prefix);
	for (; from != NULL && from[i] != '\0' && i < size - 1; i++)
		name[i] = (char)tolower((unsigned char)from[i]);
	name[i] = '\0';
}

static void
alerts(FILE *f, const char *by, const uint64_t *counts)
{
	char name[64];

	for (unsigned int i = 0; i < SESSION_ALERTS; i++) {
		if (counts[i] == 0)
			continue;
		name_alert(i, name, sizeof(name));
		fprintf(f,
		    PREFIX "handshakes_failed_total{alert=\"%u\","
			   "name=\"%s\",by=\"%s\"} %" PRIu64 "\n",
		    i, name, by, counts[i]);
	}
}

static void
failures(FILE *f, const struct stats *s)
{
	describe_metric(f, "handshakes_failed_total", "counter",
	    "Handshakes that failed, by TLS alert and by who sent it.");
	alerts(f, "server", s->alerts_sent);
	alerts(f, "client", s->alerts_received);
	fprintf(f,
	    PREFIX "handshakes_failed_total{alert=\"\",name=\"\",by=\"\"} "
		   "%" PRIu64 "\n",
	    s->failed_silently);
}

static void
print_metrics(FILE *f, const struct stats *s, size_t sessions)
{
	counter(f, "connections_total",
	    "Connections accepted, refused ones too.", s->connections);
	rejections(f, s);
	describe_metric(f, "sessions", "gauge", "Sessions now.");
	fprintf(f, PREFIX "sessions %zu\n", sessions);
	counter(f, "sessions_total", "Sessions that ended.", s->sessions);
	counter(
	    f, "sessions_crashed_total", "Sessions that crashed.", s->crashed);
	counter(f, "upgrades_total", "Sessions upgraded to TLS.", s->upgraded);
	counter(f, "upgrades_resumed_total",
	    "Upgrades that resumed an earlier session.", s->resumed);
	counter(f, "upgrades_verified_total",
	    "Upgrades with a client certificate that was verified.",
	    s->verified);
	failures(f, s);
	counter(f, "upgrades_unable_total",
	    "Upgrades that failed for want of a signature or of memory.",
	    s->unable);
	by_phase(
	    f, "pings_total", "PINGs answered.", s->pings_clear, s->pings_tls);
	counter(f, "received_bytes_total",
	    "Octets received, TLS's own not counted.", s->octets_in);
	counter(f, "sent_bytes_total", "Octets sent, TLS's own not counted.",
	    s->octets_out);
	histogram_print(&s->durations, PREFIX "session_duration_seconds",
	    "Time from a session's connection to its end.", f);
	histogram_print(&s->handshakes, PREFIX "handshake_duration_seconds",
	    "Time from STARTTLS to the end of the handshake.", f);
}

ssize_t
metrics_format(const struct stats *stats, size_t sessions, char *text)
{
	FILE *f = fmemopen(text, METRICS_TEXT_MAX, "w");
	long size;
	bool bad;

	if (f == NULL)
		return -1;
	print_metrics(f, stats, sessions);
	bad = fflush(f) != 0 || ferror(f);
	size = ftell(f);
	fclose(f);
	if (!bad)
		return size;
	errno = EMSGSIZE;
	return -1;
}
