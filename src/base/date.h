/*
 * Formatting points in time.
 */
#ifndef PINGTLS_DATE_H
#define PINGTLS_DATE_H

#include <time.h>

#define DATE_TEXT_MAX 32
#define DATE_SECONDS_A_DAY 86400

/* Writes "2026-01-31 12:00:00 UTC" to `text`, DATE_TEXT_MAX octets. */
void date_format(time_t when, char *text);

/* The same without the time of day. */
void date_format_day(time_t when, char *text);

#endif
