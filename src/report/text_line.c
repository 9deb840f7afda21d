/*
 * The lines of the text report, in general.
 */
#include "report/text_internal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *const text_stage[] = {
    [OUTCOME_CLEAR] = "in the clear",
    [OUTCOME_OVER_TLS] = "over TLS",
};

void
text_about(struct text_report *t, const struct outcome *o)
{
	t->target = t->options->target_count > 1
	                ? outcome_show_target(o, t->shown)
	                : NULL;
}

int
text_say(struct text_report *t, const char *format, ...)
{
	char line[OUTPUT_LINE_MAX / 2], stamp[40] = "";
	struct timespec now;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (t->options->timestamps) {
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(stamp, sizeof(stamp), "[%jd.%06ld] ",
		    (intmax_t)now.tv_sec, now.tv_nsec / 1000);
	}
	return output_line(t->out, "%s%s%s%s", stamp,
	    t->target == NULL ? "" : t->target, t->target == NULL ? "" : ": ",
	    line);
}

bool
text_is_ours(const struct outcome *o)
{
	return strcmp(o->service, "pingtls") == 0;
}

bool
text_is_one_ping(const struct text_report *t, const struct outcome *o)
{
	return !text_is_ours(o) || t->options->reconnect;
}

void
text_format_number(double value, int decimals, char *text, size_t size)
{
	char *end;

	snprintf(text, size, "%.*f", decimals, value);
	end = text + strlen(text) - 1;
	while (*end == '0')
		*end-- = '\0';
	if (*end == '.')
		*end = '\0';
}
