#include "base/date.h"

#include <string.h>

void
date_format(time_t when, char *text)
{
	struct tm tm;

	strftime(
	    text, DATE_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&when, &tm));
}

void
date_format_day(time_t when, char *text)
{
	date_format(when, text);
	text[strcspn(text, " ")] = '\0';
}
