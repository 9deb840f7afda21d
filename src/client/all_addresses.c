#include "client/all_addresses.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "client/resolve.h"

/* The look-up of a target's name. */
struct name {
	struct look_up look_up;
	bool begun, busy;
	deadline until;
};

struct names {
	const struct ping_options *options;
	struct name *of; /* by target */
	struct pollfd *fds;
	struct resolvers resolvers;
	size_t count, first, busy; /* all before the first are begun */
};

static void
end(struct names *n, struct name *name, int ret)
{
	if (ret == -1)
		name->look_up.found.count = 0;
	resolve_end(&name->look_up);
	name->busy = false;
	n->busy--;
}

static void
begin_look_ups(struct names *n)
{
	const struct ping_options *o = n->options;

	for (; n->first < n->count && n->busy < o->parallel; n->first++) {
		struct name *name = &n->of[n->first];
		const struct target *t = &o->targets[n->first];
		struct resolver_question question = {
		    .port = t->port,
		    .family = o->family,
		};
		int ret;

		if (t->host.is_address)
			continue;
		strcpy(question.host, t->host.host);
		ret = resolve_begin(
		    &name->look_up, &n->resolvers, &question, NULL);
		name->begun = name->busy = true;
		name->until = deadline_in(o->timeout_ms);
		n->busy++;
		if (ret != 0)
			end(n, name, ret);
	}
}

static void
wait_for_answers(struct names *n, struct control *control)
{
	deadline when = control->end;
	struct timespec left;

	for (size_t i = 0; i < n->first; i++) {
		n->fds[i] = (struct pollfd){.fd = -1};
		if (!n->of[i].busy)
			continue;
		n->fds[i].fd = n->of[i].look_up.fd;
		n->fds[i].events = POLLIN;
		when = deadline_earlier(when, n->of[i].until);
	}
	n->fds[n->first] =
	    (struct pollfd){.fd = control->signals, .events = POLLIN};
	(void)ppoll(n->fds, n->first + 1, deadline_left(when, &left), NULL);
}

static void
take_answers(struct names *n)
{
	for (size_t i = 0; i < n->first; i++) {
		struct name *name = &n->of[i];
		int ret = 0;

		if (!name->busy)
			continue;
		if (n->fds[i].revents != 0)
			ret = resolve_continue(&name->look_up);
		else if (deadline_now() >= name->until)
			ret = -1;
		if (ret != 0)
			end(n, name, ret);
	}
}

static void
look_up_names(struct names *n, struct control *control)
{
	while ((n->first < n->count || n->busy > 0) && !control_take(control) &&
	       !control_is_over(control)) {
		begin_look_ups(n);
		if (n->busy == 0)
			continue;
		wait_for_answers(n, control);
		take_answers(n);
	}
	for (size_t i = 0; i < n->first; i++)
		if (n->of[i].busy)
			end(n, &n->of[i], -1);
}

/* Appends a target for each address, or the target itself if it has none.
 * Returns how many. */
static size_t
append_targets(
    struct target *to, const struct target *from, const struct name *name)
{
	const struct resolution *r = &name->look_up.found;
	char shown[ADDRESS_TEXT_MAX];
	size_t size;
	int n;

	if (!name->begun || r->count == 0) {
		*to = *from;
		return 1;
	}
	for (uint32_t i = 0; i < r->count; i++) {
		const struct resolved_address *a = &r->found[i];

		to[i] = *from;
		to[i].address = a->address;
		to[i].address_length = a->length;
		address_format_host(
		    (const struct sockaddr *)&a->address, a->length, shown);
		size = sizeof(to[i].text) - strlen(shown) - strlen(" ()");
		n = snprintf(to[i].text, size, "%s", from->text);
		printable_mark_cut(to[i].text, size, (size_t)n);
		sprintf(strchr(to[i].text, '\0'), " (%s)", shown);
	}
	return r->count;
}

/* Puts the new targets in the place of the old ones. */
static int
replace(struct ping_options *o, const struct names *n)
{
	struct target *targets;
	size_t count = 0;

	for (size_t i = 0; i < n->count; i++)
		count += n->of[i].look_up.found.count + 1;
	targets = calloc(count, sizeof(*targets));
	if (targets == NULL)
		return -1;
	count = 0;
	for (size_t i = 0; i < n->count; i++)
		count +=
		    append_targets(&targets[count], &o->targets[i], &n->of[i]);
	free(o->targets);
	o->targets = targets;
	o->target_count = count;
	return 0;
}

int
all_addresses_find(struct ping_options *o, struct control *control)
{
	struct names n = {
	    .options = o,
	    .of = calloc(o->target_count, sizeof(*n.of)),
	    .fds = calloc(o->target_count + 1, sizeof(*n.fds)),
	    .count = o->target_count,
	};
	int ret = -1;

	if (n.of != NULL && n.fds != NULL) {
		look_up_names(&n, control);
		ret = replace(o, &n);
	}
	resolvers_clear(&n.resolvers);
	free(n.of);
	free(n.fds);
	return ret;
}
