#include "log/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "log/systemd.h"

#define FIELDS_MAX 24

static const char *log_name = "";
static enum log_target log_target = LOG_TARGET_STDERR;
static int log_most = LOG_INFO;
static log_relay_function *log_relayed; /* NULL: not relayed */
static int log_relay_socket;
static bool
    log_prefix; /* stderr is connected to the journal: sd-daemon(3) prefixes */

void
log_open(const char *name, enum log_target target, int most)
{
	log_name = name;
	log_most = most;
	log_prefix = systemd_has_stderr();
	if (target == LOG_TARGET_AUTO)
		target = log_prefix ? LOG_TARGET_JOURNAL : LOG_TARGET_STDERR;
	if (target == LOG_TARGET_JOURNAL && !systemd_has_journal())
		target = LOG_TARGET_SYSLOG;
	log_target = target;
	if (target == LOG_TARGET_SYSLOG) {
		/* Both now, since a confined process could not. */
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		tzset();
	}
}

void
log_relay(log_relay_function *relay, int socket)
{
	log_relayed = relay;
	log_relay_socket = socket;
}

/* A single write, so that lines of several processes do not mix. */
static void
write_stderr(int priority, const char *line)
{
	char text[LOG_LINE_MAX + 64];
	int n;

	if (log_prefix)
		n = snprintf(text, sizeof(text), "<%d>%s\n", priority, line);
	else
		n = snprintf(text, sizeof(text), "%s: %s\n", log_name, line);
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) == -1) {
		/* There is nowhere to report it. */
	}
}

static int
write_journal(int priority, const struct log_field *fields, size_t count,
    const char *line)
{
	struct iovec items[FIELDS_MAX + 3];
	char message[LOG_LINE_MAX + 16], level[16], name[80];
	char *texts[FIELDS_MAX];
	size_t made = 0;
	int n = 0, ret;

	snprintf(message, sizeof(message), "MESSAGE=%s", line);
	snprintf(level, sizeof(level), "PRIORITY=%d", priority);
	snprintf(name, sizeof(name), "SYSLOG_IDENTIFIER=%s", log_name);
	items[n++] = (struct iovec){message, strlen(message)};
	items[n++] = (struct iovec){level, strlen(level)};
	items[n++] = (struct iovec){name, strlen(name)};
	for (size_t i = 0; i < count && i < FIELDS_MAX; i++) {
		int length = asprintf(
		    &texts[made], "%s=%s", fields[i].name, fields[i].value);

		if (length < 0)
			break;
		items[n++] = (struct iovec){texts[made++], (size_t)length};
	}
	ret = systemd_journal(items, n);
	while (made > 0)
		free(texts[--made]);
	return ret;
}

bool
log_wants(int priority)
{
	/* The process that logs a relayed line applies its limit. */
	return log_relayed != NULL || priority <= log_most;
}

static void __attribute__((format(printf, 4, 0)))
put(int priority, const struct log_field *fields, size_t count,
    const char *format, va_list arguments)
{
	char line[LOG_LINE_MAX];

	if (!log_wants(priority))
		return;
	vsnprintf(line, sizeof(line), format, arguments);
	if (log_relayed != NULL) {
		log_relayed(priority, line, log_relay_socket);
		return;
	}
	switch (log_target) {
	case LOG_TARGET_SYSLOG:
		syslog(priority, "%s", line);
		break;
	case LOG_TARGET_JOURNAL:
		if (write_journal(priority, fields, count, line) == 0)
			break;
		/* fall through */
	default:
		write_stderr(priority, line);
	}
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
