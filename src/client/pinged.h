/*
 * A target of a run, and what its conversations came to.
 */
#ifndef PINGTLS_PINGED_H
#define PINGTLS_PINGED_H

#include <stdbool.h>

#include "client/conversation.h"
#include "client/samples.h"

struct pinged {
	struct conversation_setup setup;
	unsigned long conversations; /* to be held; 0: no limit */
	uint64_t begun;
	bool busy, done;
	deadline next; /* not before: the next conversation */
	struct samples total, tls;
	struct target_summary summary;
	struct outcome last;
};

/* Prepares the conversations with a target.  `common` has what is the same for
 * all targets: the options, verifier, reporter and control. */
void pinged_set_up(struct pinged *, const struct target *,
    const struct conversation_setup *common);

/* Whether all pings are in one conversation, and not each in its own. */
bool pinged_is_one_conversation(const struct pinged *);

/* Frees the members. */
void pinged_clear(struct pinged *);

/* Sets whether the conversation did what was requested.  If not, and nothing
 * failed, sets the reason: the end of the run or missing answers. */
void pinged_judge(const struct pinged *, struct outcome *);

/* Counts a conversation that has ended, and keeps its outcome as the last. */
void pinged_count(struct pinged *, const struct outcome *);

/* Whether all that was requested succeeded. */
bool pinged_succeeded(const struct pinged *);

#endif
