/*
 * The service's log: one line an event, to standard error, syslog or the
 * journal.
 *
 * Only the listener and the exec'd ways log.  The keyholder and the sessions
 * hand what there is to say to the process that started them, so a session
 * needs no way to the log.
 */
#ifndef PINGTLS_LOG_H
#define PINGTLS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

enum log_target {
	LOG_TARGET_AUTO, /* the journal if stderr leads there, else stderr */
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,
};

/* A structured field of an event: its name in journal terms (upper case). */
struct log_field {
	const char *name;
	const char *value;
};

/*
 * Opens the log as `name` (kept by reference).  Events of a priority
 * (syslog(3)) beyond `most` are dropped.  Where the journal is asked for and
 * this build or machine has none, syslog takes its place.
 */
void log_open(const char *name, enum log_target target, int most);

/* True if events of `priority` are logged. */
bool log_wants(int priority);

/* Logs one line, with no LF at its end. */
void log_line(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Logs one line with fields beside it; where the target has no fields the line
 * must say it all.
 */
void log_event(int priority, const struct log_field *fields, size_t count,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
