/*
 * Parsing numbers and durations given on the command line.
 */
#ifndef PINGTLS_PARSE_H
#define PINGTLS_PARSE_H

#include <stdint.h>

/*
 * Parses a decimal integer from `min` to `max`, without sign or white space.
 * Returns 0, or -1 with errno EINVAL or ERANGE.
 */
int parse_count(const char *text, unsigned long min, unsigned long max,
    unsigned long *value);

/*
 * Parses seconds, with up to three decimals ("2", "0.25"), from `min_ms` to
 * `max_ms` milliseconds.  Returns 0 with the milliseconds in `ms`, or -1 with
 * errno EINVAL or ERANGE.
 */
int parse_seconds(
    const char *text, int64_t min_ms, int64_t max_ms, int64_t *ms);

#endif
