/*
 * The server's log: one line per event, to standard error, syslog or the
 * journal.
 *
 * Forked sessions and the keyholder do not log.  They report to the process
 * that started them, so they need no access to the log.
 */
#ifndef PINGTLS_LOG_H
#define PINGTLS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

enum log_target {
	LOG_TARGET_AUTO, /* the journal if stderr is connected to it, else
	                    stderr */
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,
};

/* A field of an event, its name as in the journal (upper case). */
struct log_field {
	const char *name;
	const char *value;
};

/* Octets of a line, its NUL included; a longer one is cut. */
#define LOG_LINE_MAX 512

/*
 * Opens the log under `name`, which is not copied.  Events of a syslog(3)
 * priority above `most` are dropped.  If the journal is requested but not
 * available, syslog is used.
 */
void log_open(const char *name, enum log_target target, int most);

/*
 * From now on each line of this process goes to `relay`, which hands it to a
 * process that logs it, or drops it if it matters too little.
 */
typedef void log_relay_function(int priority, const char *line, int socket);
void log_relay(log_relay_function *relay, int socket);

/* True if events of `priority` are logged. */
bool log_wants(int priority);

/* Logs one line, given without an LF. */
void log_line(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Logs one line with fields, which only the journal stores: the line must make
 * sense without them.
 */
void log_event(int priority, const struct log_field *fields, size_t count,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
