#include "log/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"
#include "log/datagram.h"
#include "log/systemd.h"

/* A line with its fields, each a name and a value. */
#define ENTRY_SIZE 4096

static const char syslog_path[] = "/dev/log";
static const char journal_path[] = "/run/systemd/journal/socket";

static const char *log_name = "";
static enum log_target log_target = LOG_TARGET_STDERR;
static int log_most = LOG_INFO;
static log_relay_function *log_relayed; /* NULL: not relayed */
static int log_relay_socket;
/* stderr is connected to the journal: sd-daemon(3) prefixes */
static bool log_prefix;
static int log_socket = -1;
static unsigned long log_lost; /* lines that could not be written */

/* Connects to where the target listens. */
static void
open_log_socket(void)
{
	if (log_socket != -1)
		close(log_socket);
	log_socket = datagram_open(
	    log_target == LOG_TARGET_JOURNAL ? journal_path : syslog_path);
}

void
log_open(const char *name, enum log_target target, int most)
{
	log_name = name;
	log_most = most;
	log_prefix = systemd_has_stderr();
	if (target == LOG_TARGET_AUTO)
		target = log_prefix ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
	if (target == LOG_TARGET_JOURNAL && access(journal_path, W_OK) == -1)
		target = LOG_TARGET_SYSLOG;
	log_target = target;
	if (target == LOG_TARGET_STDERR)
		return;
	/* A sandboxed process could not do this later. */
	open_log_socket();
	tzset();
}

void
log_relay(log_relay_function *relay, int socket)
{
	log_relayed = relay;
	log_relay_socket = socket;
}

/*
 * A single write, so that lines of several processes do not mix.  It does not
 * wait: what poll(2) says is writable takes a line, which is shorter than
 * PIPE_BUF.
 */
static int
write_stderr(int priority, const char *line)
{
	struct pollfd to = {.fd = STDERR_FILENO, .events = POLLOUT};
	const struct timespec at_once = {0, 0};
	char text[LOG_LINE_MAX + 64];
	int n;

	if (log_prefix)
		n = snprintf(text, sizeof(text), "<%d>%s\n", priority, line);
	else
		n = snprintf(text, sizeof(text), "%s: %s\n", log_name, line);
	if (ppoll(&to, 1, &at_once, NULL) != 1)
		return -1;
	return write(STDERR_FILENO, text, (size_t)n) == -1 ? -1 : 0;
}

/* Reconnects if need be: syslog or the journal may have been restarted. */
static int
send_entry(const char *entry, size_t size)
{
	if (datagram_send(log_socket, entry, size) == 0)
		return 0;
	if (errno == EAGAIN)
		return -1;
	open_log_socket();
	return datagram_send(log_socket, entry, size);
}

/* In the format of syslog(3), which itself would wait for the reader. */
static int
write_syslog(int priority, const char *line)
{
	char text[LOG_LINE_MAX + 128], when[32];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%b %e %T", &tm);
	n = snprintf(text, sizeof(text), "<%d>%s %s[%ld]: %s",
	    LOG_DAEMON | priority, when, log_name, (long)getpid(), line);
	return send_entry(text, (size_t)n);
}

/* Appends a field to an entry, if it fits. */
static size_t __attribute__((format(printf, 3, 4)))
append_field(char *entry, size_t length, const char *format, ...)
{
	size_t room = ENTRY_SIZE - length;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(entry + length, room, format, arguments);
	va_end(arguments);
	return n >= 0 && (size_t)n < room ? length + (size_t)n : length;
}

/* In the journal's own form
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). */
static int
write_journal(int priority, const struct log_field *fields, size_t count,
    const char *line)
{
	char entry[ENTRY_SIZE];
	size_t n = 0;

	n = append_field(entry, n, "MESSAGE=%s\n", line);
	n = append_field(entry, n, "PRIORITY=%d\n", priority);
	n = append_field(entry, n, "SYSLOG_IDENTIFIER=%s\n", log_name);
	for (size_t i = 0; i < count; i++)
		n = append_field(
		    entry, n, "%s=%s\n", fields[i].name, fields[i].value);
	return send_entry(entry, n);
}

bool
log_wants(int priority)
{
	/* The process that logs a relayed line applies its limit. */
	return log_relayed != NULL || priority <= log_most;
}

static int
write_line(int priority, const struct log_field *fields, size_t count,
    const char *line)
{
	switch (log_target) {
	case LOG_TARGET_SYSLOG:
		return write_syslog(priority, line);
	case LOG_TARGET_JOURNAL:
		return write_journal(priority, fields, count, line);
	default:
		return write_stderr(priority, line);
	}
}

/* Writes how many lines were lost, if any. */
static int
write_lost(void)
{
	char line[LOG_LINE_MAX];

	if (log_lost == 0)
		return 0;
	snprintf(line, sizeof(line),
	    "%lu lines of this log could not be written", log_lost);
	if (write_line(LOG_WARNING, NULL, 0, line) == -1)
		return -1;
	log_lost = 0;
	return 0;
}

static void __attribute__((format(printf, 4, 0)))
put(int priority, const struct log_field *fields, size_t count,
    const char *format, va_list arguments)
{
	char line[LOG_LINE_MAX];

	if (!log_wants(priority))
		return;
	printable_vformat(line, sizeof(line), format, arguments);
	/* A file's name may hold one; an event is one line. */
	for (char *c = line; (c = strchr(c, '\n')) != NULL;)
		*c = ' ';
	if (log_relayed != NULL)
		log_relayed(priority, line, log_relay_socket);
	else if (write_lost() == -1 ||
		 write_line(priority, fields, count, line) == -1)
		log_lost++;
}

void
log_line(int priority, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(priority, NULL, 0, format, arguments);
	va_end(arguments);
}

void
log_event(int priority, const struct log_field *fields, size_t count,
    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put(priority, fields, count, format, arguments);
	va_end(arguments);
}
