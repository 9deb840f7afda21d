#include "report/progress.h"

#include <string.h>

/* Ten times a second: more cannot be read. */
#define PAUSE_NS INT64_C(100000000)

/* To the first column, and the rest of the line erased (ECMA-48, EL). */
#define CLEAR "\r\033[K"

void
progress_clear(struct progress *p)
{
	if (p->shown)
		output_write(p->errors, CLEAR, strlen(CLEAR));
	p->shown = false;
}

static int
under_way(void *context, size_t done, size_t busy, size_t all)
{
	struct progress *p = context;
	int64_t now = deadline_now();

	if (now < p->next)
		return 0;
	p->next = now + PAUSE_NS;
	p->shown = true;
	output_text(p->errors, CLEAR "%zu of %zu targets done, %zu under way",
	    done, all, busy);
	return 0;
}

static int
connected(void *context, const struct outcome *o)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, connected, o);
}

static int
answered(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence, int64_t ns)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, answered, o, stage, sequence, ns);
}

static int
unanswered(void *context, const struct outcome *o, enum outcome_stage stage,
    uint64_t sequence)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, unanswered, o, stage, sequence);
}

static int
upgraded(void *context, const struct outcome *o)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, upgraded, o);
}

static int
ended(void *context, const struct outcome *o)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, ended, o);
}

static int
asked(
    void *context, const struct target_summary *s, const struct outcome *pings)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, asked, s, pings);
}

static int
summary(void *context, const struct target_summary *s)
{
	struct progress *p = context;

	progress_clear(p);
	return REPORTER_TELL(&p->inner, summary, s);
}

struct reporter
progress_reporter(struct progress *p)
{
	return (struct reporter){
	    .context = p,
	    .connected = connected,
	    .answered = answered,
	    .unanswered = unanswered,
	    .upgraded = upgraded,
	    .ended = ended,
	    .asked = asked,
	    .under_way = under_way,
	    .summary = summary,
	};
}
