#include "report/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_internal.h"
#include "services/reason.h"

/* A percentile, or null where the samples are too few. */
static json_t *
percentile(struct samples *s, unsigned int percent)
{
	int64_t ns;

	return samples_percentile(s, percent, &ns) ? json_value_ms((double)ns)
	                                           : json_null();
}

/* The figures of a phase, with percentiles. */
static json_t *
phase_figures(struct samples *s)
{
	static const struct {
		const char *name;
		unsigned int percent;
	} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}};
	json_t *object = json_value_figures(&s->times);

	if (!json_is_object(object))
		return object;
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]);
	     i++)
		if (json_object_set_new(object, percentiles[i].name,
			percentile(s, percentiles[i].percent)) == -1) {
			json_decref(object);
			return NULL;
		}
	return object;
}

/* How many conversations failed for each reason that came up. */
static json_t *
reasons(const struct target_summary *s)
{
	json_t *object = json_object();

	for (enum reason i = 0; object != NULL && i < REASONS; i++)
		if (s->reasons[i] > 0 &&
		    json_object_set_new(object, reason_token(i),
			json_integer((json_int_t)s->reasons[i])) == -1) {
			json_decref(object);
			return NULL;
		}
	return object;
}

char *
json_summary(const struct target_summary *s)
{
	uint64_t failed = s->connections - s->ok;
	double loss = s->connections == 0
	                  ? 0
	                  : 100.0 * (double)failed / (double)s->connections;

	return json_value_line(json_pack(
	    "{s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:{s:o, s:o}}", "type",
	    "summary", "target", json_value_text(s->target), "connections",
	    (json_int_t)s->connections, "ok", (json_int_t)s->ok, "failed",
	    (json_int_t)failed, "loss_percent",
	    json_real(round(loss * 1e3) / 1e3), "reasons", reasons(s), "ms",
	    "total", phase_figures(s->total), "tls", phase_figures(s->tls)));
}

/* Writes a line that is the caller's, and frees it. */
static int
write_object(struct output *out, char *line)
{
	int ret;

	if (line == NULL) {
		out->error = ENOMEM;
		return -1;
	}
	ret = output_write(out, line, strlen(line));
	free(line);
	return ret;
}

static int
report_ended(void *context, const struct outcome *o)
{
	return write_object(context, json_connection(o));
}

static int
report_summary(void *context, const struct target_summary *s)
{
	return write_object(context, json_summary(s));
}

struct reporter
json_reporter(struct output *out)
{
	return (struct reporter){
	    .context = out,
	    .ended = report_ended,
	    .summary = report_summary,
	};
}
