/*
 * Conversations as JSON Lines: an object for each, and one for each target's
 * summary.  doc/pingtls.schema.json describes both.
 *
 * Numbers are numbers, durations milliseconds, points in time RFC 3339 in UTC;
 * what is unknown is null and never left out.
 */
#ifndef PINGTLS_JSON_H
#define PINGTLS_JSON_H

#include "client/outcome.h"
#include "client/output.h"
#include "client/reporter.h"

/* A reporter that writes the objects, and nothing else, to `out`; it ends the
 * run when that cannot be written to. */
struct reporter json_reporter(struct output *out);

/*
 * The object as one line of text, its LF included, to be freed.  Returns NULL
 * when memory is out.
 */
char *json_connection(const struct outcome *);
char *json_summary(const struct target_summary *);

#endif
