/*
 * Points in time as people read them.
 */
#include "base/date.h"

void
date_format(time_t when, char *text)
{
	struct tm tm;

	strftime(
	    text, DATE_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&when, &tm));
}
