#include "report/json_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a double holds of a decimal number for certain (DBL_DIG). */
#define DIGITS JSON_REAL_PRECISION(15)

json_t *
json_value_text(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null()
	                                       : json_string(text);
}

json_t *
json_value_ms(double ns)
{
	return json_real(round(ns / 1e3) / 1e3);
}

json_t *
json_value_figures(const struct times *t)
{
	if (t->count == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "min",
	    json_value_ms((double)t->min), "avg", json_value_ms(times_mean(t)),
	    "max", json_value_ms((double)t->max), "mdev",
	    json_value_ms(times_deviation(t)));
}

char *
json_value_line(json_t *object)
{
	char *text, *longer;
	size_t length;

	if (object == NULL)
		return NULL;
	text = json_dumps(object, JSON_COMPACT | DIGITS);
	json_decref(object);
	if (text == NULL)
		return NULL;
	length = strlen(text);
	longer = realloc(text, length + 2);
	if (longer == NULL) {
		free(text);
		return NULL;
	}
	memcpy(longer + length, "\n", 2);
	return longer;
}
