/*
 * What the objects of the JSON report share.  The functions return NULL when
 * memory is out, which json_pack() passes on.
 */
#ifndef PINGTLS_JSON_INTERNAL_H
#define PINGTLS_JSON_INTERNAL_H

#include <jansson.h>

#include "client/times.h"

/* A text; "" means unknown, and so null. */
json_t *json_value_text(const char *text);

/* Milliseconds, to the microsecond. */
json_t *json_value_ms(double ns);

/* The object with min, avg, max and mdev; null where there are no times. */
json_t *json_value_figures(const struct times *);

/* One line of text for an object, which is freed; NULL stays NULL. */
char *json_value_line(json_t *object);

#endif
