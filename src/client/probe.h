/*
 * One measured conversation with a server: connect, ping in the clear,
 * STARTTLS, ping over TLS, quit.  It measures and tells; how that looks is
 * another's affair (report.h).
 */
#ifndef PINGTLS_PROBE_H
#define PINGTLS_PROBE_H

#include <stdint.h>

#include <gnutls/gnutls.h>

#include "client/ping_options.h"
#include "client/verify.h"

enum probe_phase {
	PROBE_CLEAR,
	PROBE_TLS,
};

/* What a phase's pings came to.  Times in nanoseconds. */
struct probe_tally {
	unsigned long sent, received;
	int64_t began, ended; /* deadline_now(): first ping sent, last event */
	int64_t min, max;
	double sum, sum_of_squares;
};

/* Counts an answer that came `ns` after its ping; who sent that counted it as
 * sent. */
void probe_tally_add(struct probe_tally *, int64_t ns);

/* Room for a host's name, what was done and verify_why(). */
#define PROBE_WHY_MAX 1024

struct probe_result {
	struct probe_tally tally[2];      /* by enum probe_phase */
	char address[ADDRESS_TEXT_MAX];   /* of the server, with port */
	char host[ADDRESS_TEXT_MAX];      /* without */
	int64_t connect_ns, handshake_ns; /* 0 until then */
	char why[PROBE_WHY_MAX];          /* what went wrong, or "" */
};

/*
 * Whom to tell as it happens; `context` is the caller's.  Each returns 0, or -1
 * to end the conversation in order: nobody reads about it any more.
 */
struct probe_events {
	void *context;
	int (*connected)(void *context, const struct probe_result *);
	/* An answer to ping `sequence`, `ns` after it was sent. */
	int (*answered)(void *context, const struct probe_result *,
	    enum probe_phase, unsigned long sequence, int64_t ns);
	/* No answer to ping `sequence` in time.  One may come yet. */
	int (*unanswered)(void *context, const struct probe_result *,
	    enum probe_phase, unsigned long sequence);
	/* The upgrade is done; the session is for questions only. */
	int (*upgraded)(void *context, const struct probe_result *,
	    const struct verifier *, gnutls_session_t);
	/* SIGQUIT: the user wants to know how it stands. */
	int (*asked)(void *context, const struct probe_result *);
};

/*
 * Holds the conversation that the options describe, with `trust` for the
 * upgrade.  SIGINT and SIGTERM end it in order, SIGQUIT asks; from the
 * connection to the return they are blocked.  SIGPIPE is the caller's.
 *
 * Replies carry no number and come in the order of the pings, so an answer
 * belongs to the oldest ping without one: one that comes late is counted with
 * its true time, and never as the answer to a later ping.
 *
 * Returns 0, or -1 with one line in the result's `why`.  The result is filled
 * in either way.
 */
int probe_run(const struct ping_options *, struct verifier *,
    const struct probe_events *, struct probe_result *);

#endif
