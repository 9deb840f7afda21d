#include "session/session_result.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/printable.h"

/* Octets per nanosecond: 100 Gbit/s, more than any client can send. */
#define OCTETS_MAX 13

/* What the names of TLS versions and of cipher suites consist of. */
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* The length of the shortest PING. */
#define PING_OCTETS sizeof("PING")

static bool
can_be_true(const struct session_result *r, int64_t life_ns, bool asked)
{
	uint64_t most = (uint64_t)life_ns * OCTETS_MAX;
	uint64_t pings = r->octets_in / PING_OCTETS;

	if (r->octets_in > most || r->octets_out > most ||
	    r->pings_clear > pings || r->pings_tls > pings - r->pings_clear)
		return false;
	if (r->handshake_ns < 0 || r->handshake_ns > life_ns)
		return false;
	if (r->upgraded == 0 && (r->resumed != 0 || r->pings_tls > 0))
		return false;
	return r->client[0] == '\0' || (asked && r->upgraded != 0);
}

bool
session_result_check(struct session_result *r, int64_t life_ns, bool asked)
{
	if (can_be_true(r, life_ns, asked))
		return true;
	memset(r, 0, sizeof(*r));
	r->end = SESSION_CRASHED;
	return false;
}

const char *
session_end_text(uint32_t end)
{
	static const char *const texts[] = {
	    [SESSION_CRASHED] = "crashed",
	    [SESSION_QUIT] = "quit",
	    [SESSION_CLOSED] = "closed by the peer",
	    [SESSION_TRUNCATED] = "truncated",
	    [SESSION_TIMED_OUT] = "timed out",
	    [SESSION_LINE_TOO_LONG] = "line too long",
	    [SESSION_TOO_MANY_ERRORS] = "too many errors",
	    [SESSION_HANDSHAKE_FAILED] = "handshake failed",
	    [SESSION_CONNECTION_LOST] = "connection lost",
	    [SESSION_TLS_FAILED] = "TLS failed",
	    [SESSION_UNABLE] = "unable to upgrade",
	    [SESSION_EARLY_TLS] = "TLS without STARTTLS",
	    [SESSION_UNSERVED] = "could not be served",
	    [SESSION_KILLED] = "killed",
	    [SESSION_STOPPED] = "stopped with the service",
	    [SESSION_GAVE_WAY] = "idle longest when all sessions were taken",
	};

	return end < sizeof(texts) / sizeof(texts[0]) ? texts[end] : "unknown";
}

/* True if a signal means a fault of the program that it ended, or a violation
 * of its system-call filter. */
static bool
is_fault(int signal)
{
	switch (signal) {
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGSEGV:
	case SIGSYS:
	case SIGTRAP:
		return true;
	default:
		return false;
	}
}

void
session_result_settle(
    struct session_result *r, int status, enum session_end killed)
{
	if (WIFSIGNALED(status))
		r->end = is_fault(WTERMSIG(status)) ? SESSION_CRASHED : killed;
	else if (status != 0 || r->end == SESSION_KILLED ||
		 r->end == SESSION_STOPPED || r->end == SESSION_GAVE_WAY)
		r->end = SESSION_CRASHED;
}

static void
clean(char *text, size_t size)
{
	text[size - 1] = '\0';
	printable(text);
}

/* The same of one word: other characters become dots. */
static void
clean_word(char *text, size_t size)
{
	clean(text, size);
	for (; *text != '\0'; text++)
		if (strchr(WORD, *text) == NULL)
			*text = '.';
}

void
session_result_clean(struct session_result *r)
{
	clean_word(r->version, sizeof(r->version));
	clean_word(r->cipher_suite, sizeof(r->cipher_suite));
	clean(r->client, sizeof(r->client));
	clean(r->why, sizeof(r->why));
	/* They end it in the line, and what is behind it. */
	for (char *c = r->why; *c != '\0'; c++)
		if (strchr("();", *c) != NULL)
			*c = '.';
}
