#include "report/prometheus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "base/atomic_file.h"
#include "report/prometheus_page.h"

/* Other users' programs read it: a node exporter has its own. */
#define FILE_MODE 0644

/* The target of this text; NULL if there is none. */
static struct prometheus_target *
find(struct prometheus_report *r, const char *target)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->targets[i].last.target, target) == 0)
			return &r->targets[i];
	return NULL;
}

int
prometheus_begin(struct prometheus_report *r)
{
	r->targets = calloc(r->options->target_count, sizeof(*r->targets));
	if (r->targets == NULL)
		return -1;
	for (size_t i = 0; i < r->options->target_count; i++) {
		const struct target *from = &r->options->targets[i];
		struct prometheus_target *t = &r->targets[r->count];

		if (find(r, from->text) != NULL)
			continue;
		strcpy(t->last.target, from->text);
		strcpy(t->target, from->given);
		if (from->address_length > 0)
			address_format_host(
			    (const struct sockaddr *)&from->address,
			    from->address_length, t->address);
		r->count++;
	}
	return 0;
}

/* Replaces the file.  Returns 0, or -1 after reporting the error. */
static int
write_file(struct prometheus_report *r)
{
	const char *file = r->options->prometheus_file;
	size_t size;
	char *page = prometheus_page(r->targets, r->count, &size);
	int ret = -1;

	if (page != NULL)
		ret = atomic_file_write(file, page, size, FILE_MODE);
	if (ret == -1) {
		output_line(r->errors, "pingtls: cannot write %s: %s", file,
		    strerror(errno));
		r->failed = true;
	}
	free(page);
	return ret;
}

static int
prometheus_ended(void *context, const struct outcome *o)
{
	struct prometheus_report *r = context;
	struct prometheus_target *t = find(r, o->target);
	char shown[OUTCOME_TARGET_MAX];

	outcome_show_target(o, shown);
	if (r->options->verbose && o->unconfined[0] != '\0')
		output_line(r->errors,
		    "pingtls: %s: its process is not confined by: %s", shown,
		    o->unconfined);
	if (o->message[0] != '\0')
		output_line(r->errors, "pingtls: %s: %s", shown, o->message);
	r->tried += t->connections == 0;
	t->connections++;
	t->failed += !o->ok;
	t->ended = time(NULL);
	t->last = *o;
	if (r->options->prometheus_file == NULL || r->tried < r->count)
		return 0;
	return write_file(r);
}

struct reporter
prometheus_reporter(struct prometheus_report *r)
{
	return (struct reporter){.context = r, .ended = prometheus_ended};
}

int
prometheus_end(struct prometheus_report *r)
{
	size_t size;
	char *page = NULL;

	if (r->options->prometheus_file == NULL) {
		page = prometheus_page(r->targets, r->count, &size);
		if (page != NULL)
			output_write(r->out, page, size);
		else
			r->out->error = ENOMEM;
	}
	free(page);
	free(r->targets);
	return r->failed ? -1 : 0;
}
