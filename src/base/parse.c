#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
parse_count(const char *text, unsigned long min, unsigned long max,
    unsigned long *value)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n;

	if (digits == 0 || text[digits] != '\0') {
		errno = EINVAL;
		return -1;
	}
	errno = 0;
	n = strtoul(text, NULL, 10);
	if (errno != 0)
		return -1;
	if (n < min || n > max) {
		errno = ERANGE;
		return -1;
	}
	*value = n;
	return 0;
}

int
parse_seconds(const char *text, int64_t min_ms, int64_t max_ms, int64_t *ms)
{
	size_t whole = strspn(text, "0123456789");
	const char *fraction = text + whole;
	int64_t scale = 100, value = 0;

	if (*fraction == '.')
		fraction++;
	if ((whole == 0 && *fraction == '\0') || *text == '\0') {
		errno = EINVAL;
		return -1;
	}
	for (size_t i = 0; i < whole; i++) {
		if (value > max_ms / 1000) {
			errno = ERANGE;
			return -1;
		}
		value = value * 10 + (text[i] - '0');
	}
	value *= 1000;
	for (; *fraction >= '0' && *fraction <= '9' && scale > 0; scale /= 10)
		value += scale * (*fraction++ - '0');
	if (*fraction != '\0') {
		errno = EINVAL;
		return -1;
	}
	if (value < min_ms || value > max_ms) {
		errno = ERANGE;
		return -1;
	}
	*ms = value;
	return 0;
}
