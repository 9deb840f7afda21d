#include "report/range.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads a decimal number at `*text`, which is moved behind it.  No exponent:
 * performance data have none. */
static bool
take_number(const char **text, double *value)
{
	const char *digits = *text + (**text == '-');
	char *end;

	if (!isdigit((unsigned char)digits[digits[0] == '.']))
		return false;
	*value = strtod(*text, &end);
	if (end != digits + strspn(digits, "0123456789."))
		return false;
	*text = end;
	return true;
}

bool
range_parse(const char *text, struct range *range)
{
	struct range r = {.start = 0, .end = INFINITY};
	bool start_seen = false;

	if (*text == '@') {
		r.inside = true;
		text++;
	}
	if (*text == '~') {
		r.start = -INFINITY;
		start_seen = true;
		text++;
	} else if (take_number(&text, &r.start))
		start_seen = true;
	if (*text == ':') {
		text++;
		if (*text != '\0' && !take_number(&text, &r.end))
			return false;
	} else {
		/* A single number is the end. */
		if (!start_seen || isinf(r.start))
			return false;
		r.end = r.start;
		r.start = 0;
	}
	if (*text != '\0' || r.start > r.end)
		return false;
	*range = r;
	return true;
}

bool
range_alerts(const struct range *r, double value)
{
	bool within = value >= r->start && value <= r->end;

	return within == r->inside;
}
