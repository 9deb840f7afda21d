/*
 * The defaults of the options, and the text that shows them.
 */
#include <stdio.h>

#include "server/options_internal.h"

/* A service of small processes: what a small machine holds with ease. */
#define DEFAULT_MAX_SESSIONS 1024
/* Room for a site behind one address, and for seven more sites. */
#define DEFAULT_MAX_PER_SOURCE 128
/* A day of pinging; whoever wants more connects again. */
#define DEFAULT_SESSION_MS (24 * 60 * 60 * INT64_C(1000))
/* New connections a second from one source.  A site's monitors make a few; the
 * machine takes a thousand. */
#define DEFAULT_MAX_RATE_PER_SOURCE 64

const struct options options_defaults = {
    .listener =
	{
	    .session =
		{
		    .idle_ms = 60000,
		    .handshake_ms = 10000,
		    .total_ms = DEFAULT_SESSION_MS,
		    .max_errors = 3,
		},
	    .max_sessions = DEFAULT_MAX_SESSIONS,
	    .max_sessions_per_source = DEFAULT_MAX_PER_SOURCE,
	    .max_rate_per_source = DEFAULT_MAX_RATE_PER_SOURCE,
	    .penalties =
		{
		    .on = true,
		    .handshake_ms = 2000,
		    .crash_ms = 90000,
		    .min_ms = 15000,
		    .max_ms = 600000,
		},
	    .drain_ms = 10000,
	    .sandboxed = true,
	},
    .tickets.generate = true,
    .log = LOG_TARGET_AUTO,
    .log_most = LOG_INFO,
};

static const char help[] =
    "Usage: pingtlsd [OPTION]...\n"
    "Answer PING with PONG, and upgrade to TLS on STARTTLS.\n"
    "\n"
    "How to run:\n"
    "  -l, --listen=ADDRESS   listen on port, host:port, [ipv6]:port or /path\n"
    "                         (may be repeated; default: 10001, every "
    "address)\n"
    "  -i, --inetd            serve the socket that is standard input\n"
    "      --proxy-protocol=NETWORKS  proxies that say whom a connection is "
    "for\n"
    "  -u, --user=NAME        become this user if started by root "
    "(" SERVICE_USER ")\n"
    "  -D, --daemonize        go to the background once connections are "
    "accepted\n"
    "  -P, --pid-file=FILE    write the process id to FILE\n"
    "  -t, --check-config     check options, certificates and keys, and exit\n"
    "\n"
    "TLS:\n"
    "  -c, --cert=FILE        certificate chain, PEM\n"
    "                         (" OPTIONS_DEFAULT_CERTIFICATE ")\n"
    "  -k, --key=FILE         its key, PEM (" OPTIONS_DEFAULT_KEY ")\n"
    "                         (both may be repeated, as pairs)\n"
    "      --ocsp-response=FILE   to staple to the --cert before it\n"
    "      --min-tls=VERSION      1.2 or 1.3 (1.2)\n"
    "      --tls-priority=STRING  GnuTLS priority string (the system's)\n"
    "      --client-ca=FILE       ask clients for a certificate of these CAs\n"
    "      --verify-client=HOW    require or optional (require)\n"
    "      --ticket-key-file=FILE share session tickets with other hosts\n"
    "      --no-tickets           no session tickets\n"
    "\n"
    "Limits (times in seconds, 0: none):\n"
    "      --max-sessions=N             in all (%d)\n"
    "      --max-sessions-per-source=N  from one address or IPv6 /64 (%d)\n"
    "      --max-rate-per-source=N      connections a second from one (%d)\n"
    "      --penalties=LIST             seconds to refuse a source that keeps\n"
    "                                   failing: %s\n"
    "      --penalty-exempt=NETWORKS    never penalised\n"
    "      --max-errors=N               in a session (%u)\n"
    "      --idle-timeout=SECONDS       for a line (%g)\n"
    "      --handshake-timeout=SECONDS  for the upgrade to TLS (%g)\n"
    "      --session-timeout=SECONDS    for a session (%g)\n"
    "      --drain-timeout=SECONDS      for sessions to end on SIGTERM (%g)\n"
    "                                   (0: at once)\n"
    "\n"
    "Log:\n"
    "  -L, --log=WHERE        auto, stderr, syslog or journal (auto)\n"
    "      --metrics-file=FILE  counters for Prometheus\n"
    "  -v, --verbose          debugging too\n"
    "  -q, --quiet            warnings and errors only\n"
    "\n"
    "Debugging:\n"
    "      --no-sandbox       do not confine sessions and keyholder\n"
    "\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

void
options_show_help(void)
{
	printf(help, DEFAULT_MAX_SESSIONS, DEFAULT_MAX_PER_SOURCE,
	    DEFAULT_MAX_RATE_PER_SOURCE, OPTIONS_DEFAULT_PENALTIES,
	    options_defaults.listener.session.max_errors,
	    (double)options_defaults.listener.session.idle_ms / 1e3,
	    (double)options_defaults.listener.session.handshake_ms / 1e3,
	    (double)options_defaults.listener.session.total_ms / 1e3,
	    (double)options_defaults.listener.drain_ms / 1e3);
}
